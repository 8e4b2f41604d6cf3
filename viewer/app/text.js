// Every sentence of the session and pairing pages. Japanese first; English has the same keys (a
// test holds them together).

const ja = {
  // the desktop
  desktop:
    '{name} の画面。キー操作はすべて庁内のPCに送られます。ツールバーへ戻るには Ctrl+Alt+Shift を同時に押して放します。',
  typing_area:
    '自宅のIMEで入力する欄。確定した文字だけが庁内のPCに送られます。ツールバーへ戻るには Ctrl+Alt+Shift を同時に押して放します。',
  no_script: 'この画面を使うには、ブラウザーの JavaScript を有効にしてください。',
  // toolbar
  toolbar: 'ツールバー',
  notices: 'お知らせ',
  open_toolbar: 'ツールバーを開く',
  close_toolbar: 'ツールバーを隠す',
  typing: '文字の入力',
  typing_office: '庁内のIME',
  typing_home: '自宅のIME',
  typing_office_now: '庁内のIMEで入力します。キーはそのまま庁内のPCに届きます。',
  typing_home_now:
    '自宅のIMEで入力します。確定した文字だけが庁内のPCに届きます。庁内側のIMEは切っておいてください。',
  typing_home_ascii: '自宅のキー(英数字と記号)',
  typing_home_ascii_now:
    '自宅のキーで英数字と記号を入力します。この接続先には、日本語は届きません。',
  text_not_taken:
    '直前の文字は、庁内のPCで受け取られませんでした。文字を入れる欄を選んで、もう一度入力してください。',
  typing_no_text:
    'この接続先は、自宅のIMEからの日本語を受け取れません。日本語は「庁内のIME」で入力してください。',
  keys: '特殊キー',
  view: '表示',
  view_fit: '画面に合わせる',
  view_actual: '等倍',
  resize: '解像度をこの窓に合わせる',
  command: '⌘ キーを Ctrl として送る',
  full: '全画面',
  full_leave: '全画面を終える',
  full_hint:
    '全画面です。Alt+Tab や Windows キーも庁内のPCに届きます。終えるには Esc を長押しします。',
  full_hint_short:
    '全画面です。終えるには Esc を押します。Alt+Tab などは「特殊キー」から送れます。',
  full_refused: '全画面にできませんでした。',
  soft_keyboard: 'キーボード',
  leave: '切断',
  remaining: '残り {time}',
  remaining_label: '使える時間',
  hours: '{h}時間{m}分',
  minutes: '{m}分',
  seconds: '{s}秒',
  line_label: '回線',
  line_good: '良好',
  line_fair: 'やや遅い',
  line_poor: '遅い',
  line_now: '回線の状態: {word}',
  ms: '{ms} ミリ秒',
  // chords
  ctrl_alt_del: 'Ctrl + Alt + Del',
  alt_tab: 'Alt + Tab(窓の切り替え)',
  win: 'Windows キー',
  alt_f4: 'Alt + F4(窓を閉じる)',
  ctrl_shift_esc: 'Ctrl + Shift + Esc',
  print_screen: 'PrintScreen',
  ctrl_w: 'Ctrl + W',
  ctrl_t: 'Ctrl + T',
  ctrl_n: 'Ctrl + N',
  f11: 'F11',
  zenkaku: '半角/全角',
  henkan: '変換',
  muhenkan: '無変換',
  kana: 'カタカナ ひらがな',
  caps: '英数(CapsLock)',
  // states
  connecting: '{name} につないでいます',
  asking: 'サーバーに確認しています。',
  connecting_relay: '中継サーバーにつないでいます。',
  waiting: '庁内の装置の応答を待っています。',
  handshaking: 'この端末と庁内の装置が互いを確かめています。',
  waiting_desktop: 'PCの画面を待っています。',
  live: '{name} につながりました。',
  lost: 'つなぎ直しています',
  missing_line: '通信が切れました。自動でつなぎ直します。',
  missing_network: 'この端末がネットワークにつながっていません。つながり次第、自動で再開します。',
  missing_server: 'サーバーから応答がありません。戻り次第、自動で再開します。',
  missing_relay: '中継サーバーにつながりません。戻り次第、自動で再開します。',
  missing_agent: '庁内の装置から応答がありません。戻り次第、自動で再開します。',
  missing_desktop:
    '庁内のPCの画面が届きません。PCの電源と状態を確かめています。戻り次第、自動で再開します。',
  ended: '接続を終えました',
  not_connected: '接続できません',
  ended_left: '切断しました。',
  ended_idle: 'しばらく操作がなかったため、庁内側で切断しました。',
  ended_period: '使ってよい時間が終わったため、切断しました。',
  ended_revoked:
    'この端末または利用者の許可が取り消されたため、切断しました。心当たりがなければ情報担当に連絡してください。',
  ended_administrator: '管理者が切断しました。',
  ended_taken_over: '同じ利用者が別の画面からこのPCにつないだため、こちらを切断しました。',
  ended_desktop_refused:
    '庁内のPCが接続を受け付けませんでした。しばらくしてからもう一度お試しください。続くときは情報担当に連絡してください。',
  ended_desktop_too_large:
    '庁内のPCの画面が大きすぎるため、表示できません(1,677万画素まで。4Kの画面2枚分にあたります)。庁内のPCの画面の枚数か解像度を減らすよう、情報担当に連絡してください。',
  ended_desktop_untrusted:
    '庁内のPCの証明書が、登録したときのものと違います。安全のため接続しません。証明書は更新されることがあります。情報担当に「PCの証明書が変わった」と連絡してください。' +
    '情報担当が確かめると、また使えるようになります。',
  ended_desktop_unsupported:
    '庁内のPCの設定では、接続できません(暗号化などの方式に対応していません)。情報担当に連絡してください。',
  ended_password_expired:
    '庁内のPCのパスワードの期限が切れています。ここでは変更できません。庁内のPCで変更するか、情報担当に連絡してください。',
  ended_password_must_change:
    '庁内のPCのパスワードを、最初に変更する必要があります。ここでは変更できません。庁内のPCで変更するか、情報担当に連絡してください。',
  ended_account_locked:
    '庁内のPCのアカウントがロックされています。時間をおくと解除されることがあります。お急ぎのときは、情報担当に解除を依頼してください。',
  ended_account_disabled: '庁内のPCのアカウントが無効になっています。情報担当に連絡してください。',
  ended_account_expired:
    '庁内のPCのアカウントの有効期限が切れています。情報担当に連絡してください。',
  ended_remote_not_granted:
    'このアカウントには、庁内のPCにリモートデスクトップで入る権限がありません。情報担当に、権限の追加を依頼してください。',
  ended_outside_hours:
    '庁内のPCの設定では、このアカウントは今の時間にサインインできません。使える時間を情報担当に確かめてください。',
  ended_other_workstation:
    '庁内のPCの設定では、このアカウントは決められた端末からしかサインインできません。情報担当に連絡してください。',
  ended_account_restricted:
    '庁内のPCの規則により、このアカウントではサインインできません(空のパスワードや、ICカードが必要なアカウントなど)。情報担当に連絡してください。',
  ended_no_authority:
    '庁内のPCが、いまパスワードを確かめられません(認証サーバーにつながらない、時計がずれているなど)。パスワードの間違いではありません。情報担当に連絡してください。',
  ended_peer_misbehaved: '庁内の装置から正しくないデータが届いたため、切断しました。',
  ended_tampered:
    '通信の途中でデータが書き換えられたおそれがあるため、切断しました。情報担当に連絡してください。',
  ended_refused:
    '庁内の装置が接続を断りました。もう一度つないでもつながらないときは、情報担当に連絡してください。',
  ended_unproven:
    '庁内の装置が、この端末の登録を確かめられませんでした。もう一度つないでもつながらないときは、登録し直すか、情報担当に連絡してください。',
  ended_busy:
    'このPCは、いまほかの方が使用中です。終わるまでお待ちください。この端末の登録に問題はありません。',
  ended_full:
    '庁内の装置につながっている人が多いため、いまはつなげません。しばらくしてから、もう一度つないでください。',
  ended_clock: '庁内の装置の時計が合っていないため、接続できません。情報担当に連絡してください。',
  ended_outside_period: '今は使ってよい時間ではありません。',
  ended_telework_none:
    '今日のテレワークの申請がありません。「テレワーク」の画面から申請し、所属長の承認を受けてください。',
  ended_telework_waiting:
    '今日のテレワークの申請は承認待ちです。お急ぎのときは、所属長に承認をお願いしてください。',
  ended_telework_not_approved:
    '今日のテレワークの申請は承認されていません。「テレワーク」の画面で理由を確かめてください。',
  ended_telework_early:
    '承認された時間より早いため、まだ開けません。時間は「テレワーク」の画面にあります。',
  ended_telework_over:
    '承認された時間は終わりました。続けるときは、所属長に相談し、時間の追加を申請してください。',
  ended_not_permitted: 'このPCを使うことは許可されていません。',
  ended_not_found: 'このPCは見つかりません。利用許可が変わったおそれがあります。',
  ended_unpaired:
    'このブラウザーは、この装置にまだ登録されていません。庁内で登録票を受け取り、登録してください。',
  ended_device_unknown:
    'このブラウザーは端末として登録されていません。庁内で登録票を受け取り、登録してください。',
  ended_device_revoked:
    'この端末の登録は取り消されています。使うには、庁内で登録し直してください。',
  ended_agent_key:
    '庁内の装置の鍵が、登録したときのものと違います。安全のため接続しません。情報担当に連絡してください。',
  ended_csrf: 'ページが古くなりました。読み込み直してください。',
  ended_signin: 'サインインの期限が切れました。もう一度サインインしてください。',
  ended_browser:
    'このブラウザーでは使えません。新しい版の Chrome、Edge、Firefox、Safari を使ってください。',
  again: 'もう一度つなぐ',
  reload: '読み込み直す',
  sign_in: 'サインイン',
  pair_here: 'この端末を登録する',
  home: '自分のPCの一覧へ',
  // warnings
  idle_soon: '操作がないため、あと {time}で切断します。続けるときは何か操作してください。',
  period_soon: '使ってよい時間は、あと {time}です。作業を保存してください。',
  go_on: '作業を続ける',
  dismiss: '閉じる',
  // credentials
  credentials: '庁内のPCへのサインイン',
  credentials_note:
    '入力した内容は暗号化した通信路の中だけを通り、サーバーには届きません。保存もしません(つなぎ直しのため、このページを閉じるまで覚えます)。',
  credentials_refused: 'ユーザー名かパスワードが違います。もう一度入力してください。',
  credentials_paused:
    '違うパスワードが続いたため、しばらくお待ちください。あと {time}たつと、もう一度入力できます。パスワードが分からないときは、情報担当に連絡してください。',
  credentials_again: 'もう一度入力できます。',
  credentials_user: 'ユーザー名',
  credentials_password: 'パスワード',
  credentials_domain: 'ドメイン(なければ空のまま)',
  credentials_show: 'パスワードを表示する',
  credentials_send: 'サインイン',
  credentials_cancel: 'やめる',
  // pairing
  pair_lead:
    '庁内で受け取った登録票のコードを入力してください。登録は一度だけで、以後はこのブラウザーから庁内のPCを使えます。',
  pair_code: '登録票のコード',
  pair_code_hint: '24文字。大文字と小文字、ハイフンの有無は区別しません。',
  pair_code_bad: 'コードの形が正しくありません。24文字をもう一度確かめてください。',
  pair_name: 'この端末の名前',
  pair_name_hint: '情報担当が一覧で見分けるための名前です(64文字まで)。例: 自宅のノートPC',
  pair_name_bad: '端末の名前を入力してください(64文字まで)。',
  pair_go: '登録する',
  pair_as: '{name} さんの端末として登録します。',
  pair_asking: 'サーバーに確認しています。',
  pair_connecting: '中継サーバーにつないでいます。',
  pair_waiting: '庁内の装置の応答を待っています。',
  pair_handshaking: '庁内の装置との暗号化を始めています。',
  pair_proving: '登録票を確かめています。',
  pair_done: '登録が終わりました',
  pair_done_text: '「{agent}」に、この端末を登録しました。登録票は捨ててください。もう使えません。',
  pair_done_persist:
    'このブラウザーのサイトデータを消すと登録も消えます。消した場合は、もう一度庁内で登録してください。',
  pair_failed_server: 'サーバーから応答がありません。しばらくしてから、もう一度試してください。',
  pair_failed_relay: '中継サーバーにつながりません。しばらくしてから、もう一度試してください。',
  pair_failed_agent:
    '庁内の装置から応答がありません。装置が動いているか、情報担当に確かめてください。',
  pair_failed_secret:
    '登録票を確かめられませんでした。コードの打ち間違いのほか、期限切れ、使用済み、入力回数の超過のときもこうなります。',
  pair_failed_refused:
    '庁内の装置が登録を断りました。登録票が期限切れか、使用済みか、ほかの利用者のものです。',
  pair_failed_unknown: 'このコードの装置が見つかりません。コードの最初の4文字を確かめてください。',
  pair_failed_too_many: '試した回数が多すぎます。しばらくしてから、もう一度試してください。',
  pair_failed_not_permitted:
    '登録は許可されていません。ページを読み込み直してから、もう一度試してください。',
  pair_failed_signin: 'サインインの期限が切れました。もう一度サインインしてください。',
  pair_failed_storage:
    'このブラウザーは端末の鍵を保存できません。プライベートウィンドウでは登録できません。',
  pair_failed_browser:
    'このブラウザーでは登録できません。新しい版の Chrome、Edge、Firefox、Safari を使ってください。',
};

const en = {
  desktop:
    'Screen of {name}. All keys go to the office PC. To return to the toolbar, press Ctrl+Alt+Shift together and let go.',
  typing_area:
    'Typing with the IME at home. Only committed text is sent to the office PC. To return to the toolbar, press Ctrl+Alt+Shift together and let go.',
  no_script: 'This page needs JavaScript. Please switch it on.',
  toolbar: 'Toolbar',
  notices: 'Notices',
  open_toolbar: 'Open the toolbar',
  close_toolbar: 'Hide the toolbar',
  typing: 'Typing',
  typing_office: 'Office IME',
  typing_home: 'Home IME',
  typing_office_now: 'Typing with the IME of the office. Keys reach the office PC as they are.',
  typing_home_now:
    'Typing with the IME at home. Only committed text reaches the office PC. Keep the IME of the office switched off.',
  typing_home_ascii: 'Home keys (letters, figures, signs)',
  typing_home_ascii_now:
    'Typing letters, figures and signs with the keys at home. Japanese does not arrive at this PC.',
  text_not_taken:
    'The last text was not taken at the office PC. Choose a field for text and type it again.',
  typing_no_text:
    'This PC takes no Japanese from the IME at home. Please type Japanese with "Office IME".',
  keys: 'Special keys',
  view: 'View',
  view_fit: 'Fit to window',
  view_actual: 'Actual size',
  resize: 'Match the resolution to this window',
  command: 'Send ⌘ as Ctrl',
  full: 'Full screen',
  full_leave: 'Leave full screen',
  full_hint: 'Full screen. Alt+Tab and the Windows key reach the office PC too. Hold Esc to leave.',
  full_hint_short: 'Full screen. Press Esc to leave. Alt+Tab and others are under "Special keys".',
  full_refused: 'Full screen was refused.',
  soft_keyboard: 'Keyboard',
  leave: 'Disconnect',
  remaining: '{time} left',
  remaining_label: 'Time left',
  hours: '{h} h {m} min',
  minutes: '{m} min',
  seconds: '{s} s',
  line_label: 'Line',
  line_good: 'Good',
  line_fair: 'Slow',
  line_poor: 'Very slow',
  line_now: 'Line: {word}',
  ms: '{ms} ms',
  ctrl_alt_del: 'Ctrl + Alt + Del',
  alt_tab: 'Alt + Tab (switch windows)',
  win: 'Windows key',
  alt_f4: 'Alt + F4 (close the window)',
  ctrl_shift_esc: 'Ctrl + Shift + Esc',
  print_screen: 'PrintScreen',
  ctrl_w: 'Ctrl + W',
  ctrl_t: 'Ctrl + T',
  ctrl_n: 'Ctrl + N',
  f11: 'F11',
  zenkaku: 'Hankaku/Zenkaku',
  henkan: 'Henkan',
  muhenkan: 'Muhenkan',
  kana: 'Katakana Hiragana',
  caps: 'Eisu (CapsLock)',
  connecting: 'Connecting to {name}',
  asking: 'Asking the server.',
  connecting_relay: 'Connecting to the relay.',
  waiting: 'Waiting for the office agent.',
  handshaking: 'This device and the office agent are checking each other.',
  waiting_desktop: 'Waiting for the picture of the PC.',
  live: 'Connected to {name}.',
  lost: 'Reconnecting',
  missing_line: 'The connection broke. Reconnecting by itself.',
  missing_network: 'This device is offline. The session goes on when it is back.',
  missing_server: 'The server does not answer. The session goes on when it is back.',
  missing_relay: 'The relay cannot be reached. The session goes on when it is back.',
  missing_agent: 'The office agent does not answer. The session goes on when it is back.',
  missing_desktop:
    'The office PC sends no picture. Checking it; the session goes on when it is back.',
  ended: 'The session has ended',
  not_connected: 'No connection',
  ended_left: 'Disconnected.',
  ended_idle: 'Nothing was done for a while, so the office ended the session.',
  ended_period: 'The permitted time is over.',
  ended_revoked:
    'The permission of this device or user was withdrawn. If you do not know why, contact your IT staff.',
  ended_administrator: 'An administrator ended the session.',
  ended_taken_over: 'You connected to this PC from another window, so this one was disconnected.',
  ended_desktop_refused:
    'The office PC refused the connection. Try again in a while; if it goes on, contact your ' +
    'IT staff.',
  ended_desktop_too_large:
    'The screen of the office PC is too large to be shown (16.77 million pixels at most, which ' +
    'is two 4K screens). Ask your IT staff for fewer screens or a lower resolution.',
  ended_desktop_untrusted:
    'The office PC shows another certificate than the one it was registered with, so there is ' +
    'no connection. Certificates get renewed: tell your IT staff that the certificate of the ' +
    'PC has changed. Once they have checked it, you can go on.',
  ended_desktop_unsupported:
    'The office PC asks for something that is not supported (its encryption, for one). Contact ' +
    'your IT staff.',
  ended_password_expired:
    'Your password of the office PC has expired. It cannot be changed here: change it at a PC ' +
    'in the office, or contact your IT staff.',
  ended_password_must_change:
    'Your password of the office PC must be changed first. It cannot be changed here: change ' +
    'it at a PC in the office, or contact your IT staff.',
  ended_account_locked:
    'Your account of the office PC is locked. It may be unlocked after a while; if it is ' +
    'urgent, ask your IT staff.',
  ended_account_disabled: 'Your account of the office PC is disabled. Contact your IT staff.',
  ended_account_expired: 'Your account of the office PC has expired. Contact your IT staff.',
  ended_remote_not_granted:
    'Your account may not use Remote Desktop on this PC. Ask your IT staff for that right.',
  ended_outside_hours:
    'Your account may not sign in to the office PC at this hour. Ask your IT staff which hours ' +
    'it has.',
  ended_other_workstation:
    'Your account may sign in to the office PC from certain computers only. Contact your IT ' +
    'staff.',
  ended_account_restricted:
    'A rule of the office PC keeps this account out (an empty password, or a smart card that ' +
    'is asked for). Contact your IT staff.',
  ended_no_authority:
    'The office PC cannot check passwords now (no domain controller, or a wrong clock). Your ' +
    'password is not the fault. Contact your IT staff.',
  ended_peer_misbehaved: 'The office agent sent invalid data, so the session was ended.',
  ended_tampered:
    'Data may have been altered on the way, so the session was ended. Contact your IT staff.',
  ended_refused: 'The office agent refused. If it refuses again, contact your IT staff.',
  ended_unproven:
    'The office agent could not prove this device. If it fails again, pair the device again or contact your IT staff.',
  ended_busy:
    'Somebody else is using this PC. Please wait until they have finished. Your device is in order.',
  ended_full: 'The office agent has no room for another session now. Please try again in a while.',
  ended_clock:
    'The clock of the office agent is wrong, so there is no connection. Contact your IT staff.',
  ended_outside_period: 'This is outside the permitted time.',
  ended_telework_none:
    'You have no telework day today. Ask for it under Telework and have it approved.',
  ended_telework_waiting:
    'Your request for today waits for approval. If it is urgent, ask your superior.',
  ended_telework_not_approved:
    'Your request for today was not approved. The reason stands under Telework.',
  ended_telework_early: 'It opens at the approved time, which stands under Telework.',
  ended_telework_over: 'The approved hours are over. To go on, ask for more time under Telework.',
  ended_not_permitted: 'You are not permitted to use this PC.',
  ended_not_found: 'This PC was not found. It may no longer be assigned to you.',
  ended_unpaired:
    'This browser is not paired with this office agent yet. Get a slip in the office and pair it.',
  ended_device_unknown:
    'This browser is not a paired device. Get a slip in the office and pair it.',
  ended_device_revoked: 'This device was revoked. To use it, pair it again in the office.',
  ended_agent_key:
    'The key of the office agent is not the one it had at pairing. For safety there is no connection. Contact your IT staff.',
  ended_csrf: 'This page is out of date. Please load it again.',
  ended_signin: 'Your sign-in has expired. Please sign in again.',
  ended_browser: 'This browser cannot be used. Use a current Chrome, Edge, Firefox or Safari.',
  again: 'Connect again',
  reload: 'Load again',
  sign_in: 'Sign in',
  pair_here: 'Pair this device',
  home: 'To my PCs',
  idle_soon: 'Nothing was done: disconnecting in {time}. Do anything to go on.',
  period_soon: 'The permitted time ends in {time}. Please save your work.',
  go_on: 'Go on working',
  dismiss: 'Close',
  credentials: 'Sign in to the office PC',
  credentials_note:
    'What you type travels inside the encrypted channel only and never reaches the server. It is not stored (this page remembers it until it is closed, to reconnect).',
  credentials_refused: 'User name or password is wrong. Please type them again.',
  credentials_paused:
    'Too many wrong passwords in a row. You can try again in {time}. If you do not know the password, contact your IT staff.',
  credentials_again: 'You can try again now.',
  credentials_user: 'User name',
  credentials_password: 'Password',
  credentials_domain: 'Domain (may be empty)',
  credentials_show: 'Show the password',
  credentials_send: 'Sign in',
  credentials_cancel: 'Cancel',
  pair_lead:
    'Type the code of the slip you got in the office. This is done once; after it this browser can use the office PCs.',
  pair_code: 'Code of the slip',
  pair_code_hint: '24 characters. Case and hyphens do not matter.',
  pair_code_bad: 'This is not the form of a code. Please check the 24 characters.',
  pair_name: 'Name of this device',
  pair_name_hint: 'For the list of devices (up to 64 characters), for example: laptop at home',
  pair_name_bad: 'Please type a name (up to 64 characters).',
  pair_go: 'Pair',
  pair_as: 'It becomes a device of {name}.',
  pair_asking: 'Asking the server.',
  pair_connecting: 'Connecting to the relay.',
  pair_waiting: 'Waiting for the office agent.',
  pair_handshaking: 'Starting encryption with the office agent.',
  pair_proving: 'Proving the slip.',
  pair_done: 'Paired',
  pair_done_text: 'This device is now known to "{agent}". Throw the slip away; it works no more.',
  pair_done_persist:
    'Clearing the site data of this browser clears the pairing too. Then pair again in the office.',
  pair_failed_server: 'The server does not answer. Please try again in a while.',
  pair_failed_relay: 'The relay cannot be reached. Please try again in a while.',
  pair_failed_agent: 'The office agent does not answer. Ask your IT staff whether it is running.',
  pair_failed_secret:
    'The slip could not be proved: a typing error, or the slip is expired, used or tried too often.',
  pair_failed_refused: "The office agent refused. The slip is expired, used, or somebody else's.",
  pair_failed_unknown: 'No agent is known for this code. Check its first four characters.',
  pair_failed_too_many: 'Too many tries. Please try again in a while.',
  pair_failed_not_permitted: 'Pairing is not permitted. Load the page again and try once more.',
  pair_failed_signin: 'Your sign-in has expired. Please sign in again.',
  pair_failed_storage:
    'This browser cannot keep the key of a device. A private window cannot be paired.',
  pair_failed_browser:
    'This browser cannot be paired. Use a current Chrome, Edge, Firefox or Safari.',
};

export const texts = { ja, en };

/** A function that says a text in a language: `t('remaining', { time })`. */
export function speaker(lang) {
  const table = texts[lang] ?? ja;
  return (key, values = {}) =>
    (table[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/**
 * Fills every element with `data-text` (content), `data-label` (aria-label) or `data-title` below
 * `root`.
 */
export function fill(root, t, values = {}) {
  for (const element of root.querySelectorAll('[data-text]'))
    element.textContent = t(element.dataset.text, values);
  for (const element of root.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', t(element.dataset.label, values));
}

/** A length of time in words, rounded down to what a person plans with. */
export function duration(t, ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return t('seconds', { s });
  const m = Math.floor(s / 60);
  return m < 60 ? t('minutes', { m }) : t('hours', { h: Math.floor(m / 60), m: m % 60 });
}
