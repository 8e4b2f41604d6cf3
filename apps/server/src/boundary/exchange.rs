//! The exchange: each of its pages has its call, or the reason why no program needs one.

use super::counterparts::Beside::{self, Calls, None as Without};
use super::counterparts::{Page, is_complete};
use kit::http::Method::{Get, Post};

const EXCHANGE: &[(Page, Beside)] = &[
    ((Get, "/exchange"), Calls(&[(Get, "/exchange/cases")])),
    ((Post, "/exchange/cases"), Calls(&[(Post, "/exchange/cases")])),
    (
        (Get, "/exchange/cases/{id}"),
        Calls(&[(Get, "/exchange/cases/{id}"), (Get, "/exchange/cases/{id}/form")]),
    ),
    ((Post, "/exchange/cases/{id}/draft"), Calls(&[(Post, "/exchange/cases/{id}/letter")])),
    ((Post, "/exchange/cases/{id}/stage"), Calls(&[(Post, "/exchange/cases/{id}/stage")])),
    ((Post, "/exchange/cases/{id}/questions"), Calls(&[(Post, "/exchange/cases/{id}/questions")])),
    (
        (Post, "/exchange/cases/{id}/questions/{name}"),
        Calls(&[(Post, "/exchange/cases/{id}/answers")]),
    ),
    (
        (Post, "/exchange/cases/{id}/own"),
        Calls(&[
            (Post, "/exchange/cases/{id}/receive"),
            (Post, "/exchange/cases/{id}/ask-approval"),
            (Post, "/exchange/cases/{id}/approval"),
            (Post, "/exchange/cases/{id}/submit"),
            (Post, "/exchange/cases/{id}/correct"),
            (Post, "/exchange/cases/{id}/extension"),
        ]),
    ),
    (
        (Post, "/exchange/cases/{id}/files"),
        Calls(&[(Post, "/exchange/cases/{id}/files"), (Post, "/exchange/cases/{id}/letter/files")]),
    ),
    (
        (Get, "/exchange/cases/{id}/files/{name}"),
        Calls(&[(Get, "/exchange/cases/{id}/files/{file}")]),
    ),
    (
        (Post, "/exchange/cases/{id}/files/{name}"),
        Calls(&[
            (Post, "/exchange/cases/{id}/files/{file}/remove"),
            (Post, "/exchange/cases/{id}/letter/files/{file}/remove"),
        ]),
    ),
    (
        (Post, "/exchange/cases/{id}/versions/{number}/again"),
        Calls(&[(Post, "/exchange/cases/{id}/answer")]),
    ),
    ((Get, "/exchange/cases/{id}/versions"), Calls(&[(Get, "/exchange/cases/{id}/versions")])),
    ((Get, "/exchange/cases/{id}/parts"), Calls(&[(Get, "/exchange/cases/{id}/parts")])),
    ((Post, "/exchange/cases/{id}/parts"), Calls(&[(Post, "/exchange/cases/{id}/parts")])),
    ((Get, "/exchange/cases/{id}/board"), Calls(&[(Get, "/exchange/cases/{id}/board")])),
    (
        (Post, "/exchange/cases/{id}/board"),
        Calls(&[
            (Post, "/exchange/cases/{id}/board/review"),
            (Post, "/exchange/cases/{id}/board/confirm"),
        ]),
    ),
    (
        (Get, "/exchange/cases/{id}/bodies/{body}"),
        Calls(&[(Get, "/exchange/cases/{id}/bodies/{body}")]),
    ),
    (
        (Post, "/exchange/cases/{id}/bodies/{body}"),
        Calls(&[
            (Post, "/exchange/cases/{id}/bodies/{body}/review"),
            (Post, "/exchange/cases/{id}/bodies/{body}/query"),
        ]),
    ),
    ((Get, "/exchange/cases/{id}/answer"), Calls(&[(Get, "/exchange/cases/{id}/answer")])),
    (
        (Post, "/exchange/cases/{id}/answer"),
        Calls(&[
            (Post, "/exchange/cases/{id}/answer"),
            (Post, "/exchange/cases/{id}/bodies/{body}/answer"),
        ]),
    ),
    ((Post, "/exchange/cases/{id}/answer/draft"), Calls(&[(Post, "/exchange/cases/{id}/draft")])),
    (
        (Get, "/exchange/cases/{id}/answer/workbook"),
        Without("offers the workbooks and a place to send one; yields nothing itself"),
    ),
    (
        (Get, "/exchange/cases/{id}/answer/workbook/{name}"),
        Calls(&[(Get, "/exchange/cases/{id}/workbook")]),
    ),
    (
        (Post, "/exchange/cases/{id}/answer/workbook"),
        Calls(&[(Post, "/exchange/cases/{id}/workbook")]),
    ),
    (
        (Post, "/exchange/cases/{id}/answer/workbook/take"),
        Calls(&[(Post, "/exchange/cases/{id}/workbook")]),
    ),
    (
        (Get, "/exchange/cases/{id}/answers.xlsx"),
        Calls(&[(Get, "/exchange/cases/{id}/consolidated")]),
    ),
    (
        (Get, "/exchange/cases/{id}/import"),
        Without("a place to send a file; yields nothing itself"),
    ),
    (
        (Post, "/exchange/cases/{id}/import"),
        Calls(&[
            (Post, "/exchange/cases/{id}/imports"),
            (Post, "/exchange/cases/{id}/imports/take-in"),
        ]),
    ),
    (
        (Get, "/exchange/cases/{id}/import/{job}"),
        Calls(&[(Get, "/exchange/cases/{id}/imports/{import}")]),
    ),
    (
        (Post, "/exchange/cases/{id}/import/{job}"),
        Calls(&[(Post, "/exchange/cases/{id}/imports/take-in")]),
    ),
    (
        (Get, "/exchange/cases/{id}/import/{job}/progress"),
        Calls(&[(Get, "/exchange/cases/{id}/imports/{import}")]),
    ),
    (
        (Get, "/exchange/cases/{id}/import/{job}/marked.xlsx"),
        Calls(&[(Get, "/exchange/cases/{id}/imports/{import}/marked")]),
    ),
    ((Get, "/exchange/cases/{id}/tables"), Calls(&[(Get, "/exchange/cases/{id}/tables")])),
    (
        (Get, "/exchange/cases/{id}/tables/{name}"),
        Calls(&[(Get, "/exchange/cases/{id}/tables/{format}")]),
    ),
    ((Get, "/exchange/forms"), Calls(&[(Get, "/exchange/forms")])),
    ((Get, "/exchange/forms/file"), Calls(&[(Get, "/exchange/forms/file")])),
    ((Get, "/exchange/forms/edit"), Without("a place to write a form in; its file is a call")),
    ((Post, "/exchange/forms/check"), Calls(&[(Post, "/exchange/forms/check")])),
    ((Post, "/exchange/forms/upload"), Calls(&[(Post, "/exchange/forms/check")])),
    ((Post, "/exchange/forms/save"), Calls(&[(Post, "/exchange/forms")])),
    (
        (Get, "/exchange/forms/try"),
        Without("preview: a form as a desk would see it; nothing is kept"),
    ),
    (
        (Post, "/exchange/forms/try"),
        Without("preview: a form as a desk would see it; nothing is kept"),
    ),
    (
        (Post, "/exchange/forms/hints"),
        Without("preview: what the page above says while one types; nothing is kept"),
    ),
    ((Get, "/exchange/lineage"), Calls(&[(Get, "/exchange/lineage")])),
    ((Post, "/exchange/lineage"), Calls(&[(Post, "/exchange/lineage")])),
    ((Post, "/exchange/lineage/undo"), Calls(&[(Post, "/exchange/lineage/undo")])),
    ((Get, "/exchange/newcomers"), Calls(&[(Get, "/exchange/newcomers")])),
    ((Post, "/exchange/newcomers"), Calls(&[(Post, "/exchange/newcomers")])),
    ((Post, "/exchange/newcomers/remove"), Calls(&[(Post, "/exchange/newcomers/remove")])),
    ((Get, "/exchange/receipts"), Calls(&[(Get, "/exchange/receipts/{number}")])),
    ((Get, "/exchange/servers"), Calls(&[(Get, "/exchange/servers")])),
    ((Post, "/exchange/servers"), Calls(&[(Post, "/exchange/servers")])),
    ((Post, "/exchange/servers/write"), Calls(&[(Post, "/exchange/servers/{key}/bundles")])),
    ((Post, "/exchange/servers/read"), Calls(&[(Post, "/exchange/bundles")])),
    ((Get, "/admin/exchange"), Calls(&[(Get, "/exchange/desks")])),
    ((Post, "/admin/exchange"), Calls(&[(Post, "/exchange/desks")])),
];

#[test]
fn whatever_a_desk_does_on_a_page_a_program_can_do() {
    is_complete(&["/exchange", "/admin/exchange"], EXCHANGE);
}
