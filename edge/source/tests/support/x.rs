//! A small X client: draws, looks at the display's own picture, and notes what input arrives.

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ConnectionExt, CreateGCAux, CreateWindowAux, EventMask, Gcontext, ImageFormat, InputFocus,
    KeyButMask, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

pub struct X {
    connection: RustConnection,
    root: Window,
    pub window: Window,
    gc: Gcontext,
    width: u16,
    height: u16,
}

/// Input as a program on the desktop sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Key { down: bool, keycode: u8, keysym: u32, shift: bool },
    Button { down: bool, number: u8, x: i16, y: i16 },
}

impl X {
    /// A window over the whole display, with the keyboard's focus.
    pub fn open(display: &str) -> X {
        let (connection, screen) =
            RustConnection::connect(Some(display)).expect("the display takes connections");
        let (root, visual, depth, width, height) = {
            let screen = &connection.setup().roots[screen];
            (
                screen.root,
                screen.root_visual,
                screen.root_depth,
                screen.width_in_pixels,
                screen.height_in_pixels,
            )
        };
        let (window, gc) = (connection.generate_id().unwrap(), connection.generate_id().unwrap());
        let aux =
            CreateWindowAux::new().override_redirect(1).background_pixel(0x204060).event_mask(
                EventMask::KEY_PRESS
                    | EventMask::KEY_RELEASE
                    | EventMask::BUTTON_PRESS
                    | EventMask::BUTTON_RELEASE,
            );
        // Larger than the display, so that it still covers it once it has grown.
        let class = WindowClass::INPUT_OUTPUT;
        connection
            .create_window(depth, window, root, 0, 0, 4096, 4096, 0, class, visual, &aux)
            .unwrap();
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0)).unwrap();
        connection.map_window(window).unwrap();
        let x = X { connection, root, window, gc, width, height };
        x.sync();
        x.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).unwrap();
        x.sync();
        x
    }

    pub fn sync(&self) {
        self.connection.get_input_focus().unwrap().reply().unwrap();
    }

    pub fn colour(&self, pixel: u32) {
        self.connection
            .change_gc(self.gc, &x11rb::protocol::xproto::ChangeGCAux::new().foreground(pixel))
            .unwrap();
    }

    pub fn fill(&self, x: i16, y: i16, width: u16, height: u16, pixel: u32) {
        self.colour(pixel);
        self.connection
            .poly_fill_rectangle(self.window, self.gc, &[Rectangle { x, y, width, height }])
            .unwrap();
        self.sync();
    }

    /// Puts pixels 0x00RRGGBB.
    pub fn put(&self, x: i16, y: i16, width: u16, height: u16, pixels: impl Fn(u32, u32) -> u32) {
        for line in 0..height {
            let row: Vec<u8> = (0..width)
                .flat_map(|column| pixels(column.into(), line.into()).to_le_bytes())
                .collect();
            let y = y + line as i16;
            self.connection
                .put_image(ImageFormat::Z_PIXMAP, self.window, self.gc, width, 1, x, y, 0, 24, &row)
                .unwrap();
        }
        self.sync();
    }

    /// Moves pixels inside the window.
    pub fn shift(&self, from: (i16, i16), to: (i16, i16), size: (u16, u16)) {
        self.connection
            .copy_area(
                self.window,
                self.window,
                self.gc,
                from.0,
                from.1,
                to.0,
                to.1,
                size.0,
                size.1,
            )
            .unwrap();
        self.sync();
    }

    /// The size of the display now.
    pub fn size(&self) -> (u16, u16) {
        let geometry = self.connection.get_geometry(self.root).unwrap().reply().unwrap();
        (geometry.width, geometry.height)
    }

    /// The display's own picture.
    pub fn picture(&self) -> Vec<u32> {
        let (width, height) = self.size();
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)
            .unwrap()
            .reply()
            .unwrap();
        image
            .data
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) & 0xff_ffff)
            .collect()
    }

    /// A pointer shape of one colour for the window: 5 x 3, hot spot 2, 1, its middle column
    /// see-through.
    pub fn pointer(&self, red: u16, green: u16, blue: u16) {
        let (shape, mask) = (self.bitmap(0b11111), self.bitmap(0b11011));
        let cursor = self.connection.generate_id().unwrap();
        self.connection
            .create_cursor(cursor, shape, mask, red, green, blue, 0, 0, 0, 2, 1)
            .unwrap()
            .check()
            .unwrap();
        let aux = x11rb::protocol::xproto::ChangeWindowAttributesAux::new().cursor(cursor);
        self.connection.change_window_attributes(self.window, &aux).unwrap().check().unwrap();
        self.sync();
    }

    fn bitmap(&self, row: u8) -> u32 {
        let (pixmap, gc) =
            (self.connection.generate_id().unwrap(), self.connection.generate_id().unwrap());
        self.connection.create_pixmap(1, pixmap, self.root, 5, 3).unwrap();
        self.connection.create_gc(gc, pixmap, &CreateGCAux::new()).unwrap();
        let rows: Vec<u8> = (0..3).flat_map(|_| [row, 0, 0, 0]).collect();
        self.connection
            .put_image(ImageFormat::Z_PIXMAP, pixmap, gc, 5, 3, 0, 0, 0, 1, &rows)
            .unwrap()
            .check()
            .unwrap();
        pixmap
    }

    /// Input that has arrived. The keysym is looked up in the keyboard's map of this moment.
    pub fn seen(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Some(event) = self.connection.poll_for_event().unwrap() {
            match event {
                Event::KeyPress(key) => seen.push(self.key(true, key.detail, key.state)),
                Event::KeyRelease(key) => seen.push(self.key(false, key.detail, key.state)),
                Event::ButtonPress(b) => seen.push(Seen::Button {
                    down: true,
                    number: b.detail,
                    x: b.root_x,
                    y: b.root_y,
                }),
                Event::ButtonRelease(b) => seen.push(Seen::Button {
                    down: false,
                    number: b.detail,
                    x: b.root_x,
                    y: b.root_y,
                }),
                _ => {}
            }
        }
        seen
    }

    fn key(&self, down: bool, keycode: u8, state: KeyButMask) -> Seen {
        let shift = state.contains(KeyButMask::SHIFT);
        let map =
            self.connection.get_keyboard_mapping(keycode, 1).unwrap().reply().unwrap().keysyms;
        let plain = map.first().copied().unwrap_or(0);
        let keysym =
            if shift { map.get(1).copied().filter(|k| *k != 0).unwrap_or(plain) } else { plain };
        Seen::Key { down, keycode, keysym, shift }
    }
}
