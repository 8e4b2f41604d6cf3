//! The right values are what Excel and LibreOffice show; the table of cases is by kind of format.

use super::*;

fn shown(value: f64, code: &str) -> Cell {
    number(value, code, None, false)
}

fn text(value: f64, code: &str) -> String {
    match shown(value, code) {
        Cell::Text(text) => text,
        Cell::Odd(odd, text) => panic!("{code}: {odd:?} {text}"),
    }
}

#[test]
fn times_and_lengths_of_time() {
    for (value, code, read) in [
        (5.0, "[h]:mm:ss", "120:00:00"),
        (5.0, "[h]:mm", "120:00"),
        (1.0, "[h]:mm:ss", "24:00:00"),
        (1.5, "[h]:mm", "36:00"),
        (1.0625, "[h]:mm", "25:30"),
        (0.0625, "h:mm", "1:30"),
        (0.354_166_666_666_666_7, "h:mm", "8:30"),
        (0.354_166_666_666_666_7, "h\"時\"mm\"分\"", "8時30分"),
        (0.729_166_666_666_666_6, "h:mm AM/PM", "5:30 PM"),
        (0.0, "h:mm AM/PM", "12:00 AM"),
        (0.729_166_666_666_666_6, "[$-411]AM/PM h\"時\"mm\"分\"", "午後 5時30分"),
        (0.0625, "[mm]:ss", "90:00"),
        (0.000_011_574_074_074_074_1, "mm:ss.0", "00:01.0"),
        (0.999_999_9, "h:mm:ss", "0:00:00"),
        (0.0, "h:mm", "0:00"),
    ] {
        assert_eq!(text(value, code), read, "{code}");
    }
}

#[test]
fn dates_in_years_and_eras() {
    for (value, code, read) in [
        (44_287.0, "yyyy/m/d", "2021/4/1"),
        (44_287.0, "yyyy-mm-dd", "2021-04-01"),
        (44_287.0, "[$-411]ge.m.d", "R3.4.1"),
        (44_287.0, "[$-411]ggge\"年\"m\"月\"d\"日\";@", "令和3年4月1日"),
        (44_287.0, "[$-ja-JP]ggge\"年\"m\"月\"d\"日\"", "令和3年4月1日"),
        (44_287.0, "yyyy\"年\"m\"月\"", "2021年4月"),
        (44_287.0, "m\"月\"d\"日\"", "4月1日"),
        (44_287.5625, "yyyy/m/d h:mm", "2021/4/1 13:30"),
        (44_287.0, "yyyy/m/d(aaa)", "2021/4/1(木)"),
        (44_287.0, "dddd", "Thursday"),
        (44_287.0, "d-mmm-yy", "1-Apr-21"),
        // The last day of 平成 and the first of 令和, as the Cabinet announced it.
        (43_585.0, "ggge\"年\"m\"月\"d\"日\"", "平成31年4月30日"),
        (43_586.0, "ggge\"年\"m\"月\"d\"日\"", "令和1年5月1日"),
        (43_586.0, "[$-ja-JP-x-gannen]ggge\"年\"m\"月\"d\"日\"", "令和元年5月1日"),
        (32_515.0, "gge.m.d", "昭64.1.7"),
        (32_516.0, "gge.m.d", "平1.1.8"),
        (59.0, "yyyy/m/d", "1900/2/28"),
        (61.0, "yyyy/m/d", "1900/3/1"),
        (44_620.0, "yyyy/m/d", "2022/2/28"),
        (36_585.0, "yyyy/m/d", "2000/2/29"),
        (46_024.0, "m\"月\"d\"日\"", "1月2日"),
    ] {
        assert_eq!(text(value, code), read, "{code}");
    }
    let named = |number: f64, code, id, epoch| super::number(number, code, Some(id), epoch);
    assert_eq!(named(44_287.0, "General", 31, false), Cell::Text("2021年4月1日".into()));
    assert_eq!(named(44_287.0, "mm-dd-yy", 14, false), Cell::Text("2021/4/1".into()));
    // A format of one's own under the same letters stays what it is.
    assert_eq!(text(44_287.0, "mm-dd-yy"), "04-01-21");
    assert_eq!(named(42_825.0, "mm-dd-yy", 14, true), Cell::Text("2021/4/1".into()));
    assert_eq!(shown(-1.0, "yyyy/m/d"), Cell::Odd(Odd::NoDate, "-1".into()));
    assert_eq!(shown(3e6, "yyyy/m/d"), Cell::Odd(Odd::NoDate, "3000000".into()));
}

#[test]
fn zeros_and_signs_of_codes() {
    for (value, code, read) in [
        (1_234.0, "000000", "001234"),
        (20.0, "000", "020"),
        (12_025.0, "000000", "012025"),
        (600_001.0, "000-0000", "060-0001"),
        (600_001.0, "000\\-0000", "060-0001"),
        (155_220_001.0, "0000-00-0000", "0155-22-0001"),
        (9_012_345_678.0, "000-0000-0000", "090-1234-5678"),
        (123_456.0, "0000", "123456"),
        (5.0, "\"第\"000\"号\"", "第005号"),
        (12.0, "0\"名\"", "12名"),
        (8.0, "00", "08"),
        (1.5, "00", "1.5"),
        (-7.0, "000", "-7"),
    ] {
        assert_eq!(text(value, code), read, "{code}");
    }
}

#[test]
fn a_format_that_rounds_changes_nothing_and_one_that_scales_is_odd() {
    for (value, code, read) in [
        (1.234_56, "0.0", "1.23456"),
        (1.6, "0", "1.6"),
        (1_234_567.0, "#,##0", "1234567"),
        (1_234_567.0, "#,##0\"時間\"", "1234567時間"),
        (-1_234.0, "#,##0;[Red]\"▲\"#,##0", "-1234"),
        (-1_234.0, "#,##0_);(#,##0)", "-1234"),
        (1_234.0, "[$¥-411]#,##0", "1234"),
        (1_234.0, "\"¥\"#,##0", "1234"),
        (0.0, "_ * #,##0_ ;_ * \\-#,##0_ ;_ * \"-\"_ ;_ @_ ", "0"),
        (5.0, ";;;", "5"),
        (0.5, "# ?/?", "0.5"),
        (1_234.0, "0.00E+00", "1234"),
        (12.0, "@", "12"),
        (12.0, "", "12"),
        (12.0, "G/標準", "12"),
        (12.0, "G/標準\"名\"", "12"),
        (0.0, "#,##0,", "0"),
        (434.999_999_999_999_94, "General", "435"),
        (0.1 + 0.2, "General", "0.3"),
        (-0.0, "General", "0"),
        (999_999_999_999_999.0, "General", "999999999999999"),
    ] {
        assert_eq!(text(value, code), read, "{code}");
    }
    for code in ["#,##0,", "#,##0,\"千円\"", "0,,", "#,##0.0,", "0%%"] {
        assert_eq!(shown(1_234_567.0, code), Cell::Odd(Odd::Scaled, "1234567".into()), "{code}");
    }
    for code in ["General", "0", "#,##0", "000000"] {
        assert!(matches!(shown(1_234_567_890_123_450.0, code), Cell::Odd(Odd::Long, _)), "{code}");
    }
}

#[test]
fn percents_and_words_for_numbers() {
    for (value, code, read) in [
        (0.8, "0%", "80%"),
        (1.0, "0%", "100%"),
        (0.5, "0.00%", "50%"),
        (0.805, "0%", "80.5%"),
        (0.07, "0%", "7%"),
        (0.8, "0\"％\"", "0.8％"),
        (1.0, "[=1]\"はい\";[=0]\"いいえ\";General", "はい"),
        (0.0, "[=1]\"はい\";[=0]\"いいえ\";General", "いいえ"),
        (7.0, "[=1]\"はい\";[=0]\"いいえ\";General", "7"),
        (1_500.0, "[>=1000]0\"以上\";0", "1500以上"),
    ] {
        assert_eq!(text(value, code), read, "{code}");
    }
}

#[test]
fn no_format_is_beyond_reading() {
    let long = "[".repeat(5_000);
    for code in [
        long.as_str(),
        "\"",
        "\\",
        "_",
        "*",
        "[",
        "[$",
        ";;;;;;",
        "0;",
        "m",
        "s.000000000000",
        "ggggggg",
        "[hhhhhhhhhhhhhhhhhhhhhhh]",
    ] {
        for value in [0.0, -1.0, 0.5, 44_287.9, 1e300, -1e-300] {
            _ = shown(value, code);
        }
    }
}
