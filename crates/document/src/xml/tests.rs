//! Well-formedness, refused document types, bounds, places and layout.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::{Fault, Limits, Piece, XPath, Xml};
use bytes::Bytes;
use proptest::prelude::*;
use std::ops::ControlFlow;

fn parse(text: &[u8]) -> Result<Xml, Fault> {
    Xml::parse(&Bytes::copy_from_slice(text), &Limits::default())
}

fn slice<'t>(text: &'t str, path: &str) -> Option<&'t str> {
    parse(text.as_bytes()).unwrap().locate(path).map(|range| &text[range])
}

#[test]
fn the_root_is_known_by_name_and_namespace() {
    let xml = parse(b"\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?><!-- c --><s:Envelope xmlns:s='urn:s'/>").unwrap();
    assert_eq!((xml.root_name(), xml.root_namespace()), ("Envelope", "urn:s"));
}

#[test]
fn places_cover_tags_attributes_and_texts() {
    let text = "<a xmlns:p='urn:p'>\n <p:b é='1' p:c=\"&lt;\">x<![CDATA[<y>]]>&amp;z</p:b><!--n--><?go now?><p:b/>t</a>";
    assert_eq!(slice(text, "/"), Some(text));
    assert_eq!(slice(text, "/a/p:b[1]"), Some("<p:b é='1' p:c=\"&lt;\">x<![CDATA[<y>]]>&amp;z</p:b>"));
    assert_eq!(slice(text, "/a/p:b[2]"), Some("<p:b/>"));
    assert_eq!(slice(text, "/a/p:b[1]/@é"), Some("é='1'"));
    assert_eq!(slice(text, "/a/p:b/@p:c"), Some("p:c=\"&lt;\""));
    assert_eq!(slice(text, "/a/p:b[1]/text()"), Some("x<![CDATA[<y>]]>&amp;z"));
    assert_eq!(slice(text, "/a/text()[2]"), Some("t"));
    assert_eq!(slice(text, "/a/comment()"), Some("<!--n-->"));
    assert_eq!(slice(text, "/a/processing-instruction('go')"), Some("<?go now?>"));
    for missing in ["", "a", "/b", "/a/p:b[3]", "/a/@x", "/a/p:b[1]/@é/x"] {
        assert_eq!(slice(text, missing), None, "{missing}");
    }
}

#[test]
fn texts_that_are_not_well_formed_are_refused_with_a_place() {
    for (text, line, column) in [
        ("", 1, 1),
        ("x", 1, 1),
        ("<a>", 1, 4),
        ("<a></b>", 1, 4),
        ("<a/><b/>", 1, 5),
        ("<a b='1' b='2'/>", 1, 10),
        ("<a b=1/>", 1, 6),
        ("<a b='<'/>", 1, 7),
        ("<p:a/>", 1, 2),
        ("<a>\n&nbsp;</a>", 2, 1),
        ("<a>é\u{1}</a>", 1, 5),
        ("<a>]]></a>", 1, 7),
        ("<a><!-- -- --></a>", 1, 4),
        ("<1/>", 1, 2),
        ("<a xmlns:p='1' xmlns:p='2'/>", 1, 16),
    ] {
        let Err(fault) = parse(text.as_bytes()) else { panic!("{text} was read") };
        assert_eq!((fault.line, fault.column), (line, column), "{text}: {fault}");
        assert!(!fault.message.contains(" at "), "{fault}");
    }
}

#[test]
fn every_document_type_is_refused_before_it_is_read() {
    let bomb = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><l>&c;</l>";
    let external = "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n<a>&x;</a>";
    let parameter = "<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1/x.dtd'> %x;]><a/>";
    for (text, line) in [(bomb, 1), (external, 2), (parameter, 1), ("<!DOCTYPE a><a/>", 1), ("<!doctype html><a/>", 1)] {
        let fault = parse(text.as_bytes()).unwrap_err();
        assert!(fault.message.starts_with("the text has a DOCTYPE, which is refused"), "{fault}");
        assert_eq!((fault.line, fault.column), (line, 1));
    }
    assert!(parse(b"<a><!-- <!DOCTYPE a> --><![CDATA[<!DOCTYPE a>]]></a>").is_ok());
}

#[test]
fn other_encodings_are_refused() {
    for wide in [&b"\xFE\xFF\0<\0a"[..], b"<\0a\0/\0>\0", b"\0\0\0<\0\0\0a"] {
        let fault = parse(wide).unwrap_err();
        assert!(fault.is_limit && fault.message.contains("UTF-16"), "{fault}");
    }
    for no_text in [&b"<a>\xE9</a>"[..], b"\0\0\0\0\x05<a/>", b"\x89PNG"] {
        assert!(!parse(no_text).unwrap_err().is_limit);
    }
    assert_eq!(parse(b"<a>\xE9</a>").unwrap_err().offset, 3);
    for latin in [
        &b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>"[..],
        "\u{FEFF}<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>".as_bytes(),
    ] {
        let fault = parse(latin).unwrap_err();
        assert_eq!(fault.message, "the text declares the encoding `ISO-8859-1`; only UTF-8 is read");
        assert!(fault.is_limit && latin[fault.offset..].starts_with(b"encoding"), "{fault}");
    }
    assert!(parse(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>e</a>").is_ok());
}

#[test]
fn depth_is_bounded_where_the_limit_says() {
    let nested = |depth: usize| ["<a>".repeat(depth), "</a>".repeat(depth)].concat();
    assert!(parse(nested(128).as_bytes()).is_ok());
    let fault = parse(nested(129).as_bytes()).unwrap_err();
    assert_eq!((fault.offset, fault.message.as_str()), (384, "more than 128 levels of elements"));
    let deeper = Limits { depth_max: usize::MAX, ..Limits::default() };
    let deepest = Xml::parse(&nested(1_000).into(), &deeper).unwrap();
    assert_eq!(deepest.locate(&"/a".repeat(1_000)), Some(2_997..3_004));
    assert_eq!(laid_out(&deepest).lines().count(), 1_999);
    assert!(parse("<a>".repeat(100_000).as_bytes()).is_err());
    assert!(parse(nested(100_000).as_bytes()).is_err());
    assert!(parse("<a b='>'>".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn size_members_attributes_and_declarations_are_bounded() {
    let with = |limits: Limits, text: &str| Xml::parse(&text.to_owned().into(), &limits).unwrap_err().message;
    let small = Limits { bytes_max: 10, members_max: 2, ..Limits::default() };
    assert_eq!(with(small, "<a><b></b></a>"), "the text has 14 bytes, more than the 10 allowed");
    let members = Limits { members_max: 2, ..Limits::default() };
    assert_eq!(with(members, "<a><b/></a>"), "more than 2 nodes and attributes");
    let attributes: String = (0..300).map(|number| format!(" a{number}=''")).collect();
    assert_eq!(with(Limits::default(), &format!("<a{attributes}/>")), "more than 256 attributes in one element");
    let declarations: String = (0..250).map(|number| format!(" xmlns:a{number}='urn:{number}'")).collect();
    let nested = format!("<a{declarations}>").repeat(5);
    assert_eq!(with(Limits::default(), &nested), "too many namespace declarations");
}

/// Prints a layout with two spaces a level.
fn laid_out(xml: &Xml) -> String {
    let mut out = String::new();
    xml.lay_out(|piece| {
        match piece {
            Piece::Line(depth) => out.push_str(&format!("\n{}", "  ".repeat(depth))),
            Piece::Source(range) => out.push_str(std::str::from_utf8(&xml.text()[range]).unwrap()),
            Piece::Space => out.push(' '),
        }
        ControlFlow::Continue(())
    });
    out
}

#[test]
fn the_layout_gives_each_element_a_line_and_keeps_texts() {
    let text = "<?xml version='1.0'?>\n<!--f--><a xmlns='urn:a' xmlns:p=\"urn:p\"><b n = '&quot;>'>x<i>y</i> </b>\n\n<p:c/><!--n--><d> </d><e ><f>1\n2</f></e ><g><![CDATA[ ]]><h/></g><j><k></k></j></a><?z?>";
    let wanted = "<?xml version='1.0'?>\n<!--f-->\n<a xmlns='urn:a' xmlns:p=\"urn:p\">\n  <b n = '&quot;>'>x<i>y</i> </b>\n  <p:c/>\n  <!--n-->\n  <d> </d>\n  <e >\n    <f>1\n2</f>\n  </e >\n  <g><![CDATA[ ]]><h/></g>\n  <j>\n    <k></k>\n  </j>\n</a>\n<?z?>";
    assert_eq!(laid_out(&parse(text.as_bytes()).unwrap()), wanted);
}

#[test]
fn the_layout_reads_back_as_the_same_values() {
    let text = "<a>\r\n<b c='&#13;&#9;&lt;&amp;'>&#13;&lt;&gt;]]&gt;<![CDATA[ & ]]></b></a>";
    let first = parse(text.as_bytes()).unwrap();
    let again = parse(laid_out(&first).as_bytes()).unwrap();
    let values = |xml: &Xml| {
        XPath::compile("(//b, //@c)", &[]).unwrap().query(xml).unwrap().into_iter().map(|item| item.text).collect::<Vec<_>>()
    };
    assert_eq!(values(&first), values(&again));
    assert_eq!(values(&first), ["\r<>]]> & ", "\r\t<&"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn texts_of_xml_letters_are_read_or_refused(inner in r#"(<a|<p:b|</a>|</p:b>|/>|>| |x|é|&amp;|&lt;|&#65;| c='1'| xmlns:p="u"| xmlns='v'|<!--|-->|<!\[CDATA\[|\]\]>|<\?|\?>){0,24}"#) {
        let text = format!("<r xmlns:p='urn'>{inner}</r>");
        if let Ok(xml) = parse(text.as_bytes()) {
            let items = XPath::compile("//node() | //@*", &[]).unwrap().query(&xml).unwrap();
            for item in items {
                prop_assert_eq!(xml.locate(&item.path), item.range.clone(), "{}", item.path);
                prop_assert!(text.get(item.range.unwrap()).is_some());
            }
            let printed = laid_out(&xml);
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&printed), squeezed(&text));
            parse(printed.as_bytes()).unwrap();
        }
    }
}
