//! XPath 2.0 on our trees: nodes, values, namespaces, faults and bounds.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::{EvalFault, Limits, PathFault, XPath, Xml, XmlItem};
use proptest::prelude::*;

const BOOKS: &str = "<lib xmlns='urn:l' xmlns:x='urn:x' n='2'>\
<book id='b1' x:lang='en'><title>One &amp; two</title><price>8.95</price></book>\
<book id='b2'><title>Three</title><price>12.99</price><!-- note --></book>\
<x:book id='b3'/><?go now?></lib>";

fn xml(text: &str) -> Xml {
    Xml::parse(&text.to_owned().into(), &Limits::default()).unwrap()
}

fn compile(expression: &str) -> Result<XPath, PathFault> {
    XPath::compile(expression, &[("l".to_owned(), "urn:l".to_owned()), ("y".to_owned(), "urn:x".to_owned())])
}

fn query(expression: &str) -> Result<Vec<XmlItem>, EvalFault> {
    compile(expression).unwrap().query(&xml(BOOKS))
}

fn texts(expression: &str) -> Vec<String> {
    query(expression).unwrap().into_iter().map(|item| item.text).collect()
}

fn paths(expression: &str) -> Vec<String> {
    query(expression).unwrap().into_iter().map(|item| item.path).collect()
}

#[test]
fn nodes_come_with_path_text_and_bytes() {
    let found = query("/l:lib/l:book[2]/l:title").unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].path.as_str(), found[0].text.as_str()), ("/lib/book[2]/title", "Three"));
    assert_eq!(&BOOKS[found[0].range.clone().unwrap()], "<title>Three</title>");
}

#[test]
fn names_are_compared_with_their_namespace() {
    assert_eq!(paths("//l:book"), ["/lib/book[1]", "/lib/book[2]"]);
    assert_eq!(paths("//y:book"), ["/lib/x:book"]);
    assert_eq!(paths("//*:book").len(), 3);
    assert_eq!(paths("//l:*").len(), 7);
    assert_eq!(paths("//book"), Vec::<String>::new());
    assert_eq!(paths("//*[local-name() = 'book' and namespace-uri() = 'urn:x']"), ["/lib/x:book"]);
    assert_eq!(paths("//@y:lang"), ["/lib/book[1]/@x:lang"]);
    assert_eq!(paths("//@id"), ["/lib/book[1]/@id", "/lib/book[2]/@id", "/lib/x:book/@id"]);
}

#[test]
fn positions_count_only_siblings_of_the_same_name() {
    let doc = xml("<a><b/><c/><b>t<d/>u</b></a>");
    let found = XPath::compile("//node()", &[]).unwrap().query(&doc).unwrap();
    let paths: Vec<_> = found.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(paths, ["/a", "/a/b[1]", "/a/c", "/a/b[2]", "/a/b[2]/text()[1]", "/a/b[2]/d", "/a/b[2]/text()[2]"]);
}

#[test]
fn predicates_axes_and_unions_work() {
    assert_eq!(texts("//l:book[@id = 'b2']/l:title"), ["Three"]);
    assert_eq!(texts("//l:book[l:price > 10]/@id"), ["b2"]);
    assert_eq!(texts("//l:book[last()]/@id"), ["b2"]);
    assert_eq!(texts("//l:book[position() < 2]/@id"), ["b1"]);
    assert_eq!(texts("//l:title | //l:price"), ["One & two", "8.95", "Three", "12.99"]);
    assert_eq!(texts("(//l:title, //l:price)"), ["One & two", "Three", "8.95", "12.99"]);
    assert_eq!(texts("//y:book/preceding-sibling::*/@id"), ["b1", "b2"]);
    assert_eq!(texts("//l:book[1]/following-sibling::*/@id"), ["b2", "b3"]);
    assert_eq!(texts("//l:title[1]/following::l:price"), ["8.95", "12.99"]);
    assert_eq!(texts("//y:book/preceding::l:title"), ["One & two", "Three"]);
    assert_eq!(paths("//l:price[. = '12.99']/ancestor::*"), ["/lib", "/lib/book[2]"]);
    assert_eq!(paths("//@y:lang/.."), ["/lib/book[1]"]);
    assert_eq!(texts("//l:book/@* except //@id"), ["en"]);
    assert_eq!(texts("//comment()"), [" note "]);
    assert_eq!(texts("/l:lib/processing-instruction('go')"), ["now"]);
}

#[test]
fn values_have_a_text_and_no_place() {
    let count = query("count(//l:book)").unwrap();
    assert_eq!(count, [XmlItem { path: String::new(), text: "2".to_owned(), range: None }]);
    assert_eq!(texts("//@n = 2"), ["true"]);
    assert_eq!(texts("not(//l:none)"), ["true"]);
    assert_eq!(texts("matches(//l:book[1]/@id, '^b[0-9]$')"), ["true"]);
    assert_eq!(texts("every $price in //l:price satisfies number($price) > 10"), ["false"]);
    assert_eq!(texts("some $price in //l:price satisfies matches($price, '^[0-9]+\\.95$')"), ["true"]);
    assert_eq!(texts("sum(//l:price/xs:decimal(.))"), ["21.94"]);
    assert_eq!(texts("for $n in 1 to 3 return $n * 2"), ["2", "4", "6"]);
    assert_eq!(texts("tokenize('a,b', ',')"), ["a", "b"]);
    assert_eq!(texts("upper-case(normalize-space(//comment()))"), ["NOTE"]);
    assert_eq!(texts("if (//l:book) then 'yes' else 'no'"), ["yes"]);
    assert_eq!(texts("xs:dateTime('2026-01-01T00:00:00Z') < xs:dateTime('2026-01-01T01:00:00+00:30')"), ["true"]);
    assert_eq!(texts("//l:none"), Vec::<String>::new());
    assert_eq!(texts("in-scope-prefixes(/*)").len(), 3);
}

#[test]
fn holds_is_the_effective_boolean_value() {
    let holds = |expression: &str| compile(expression).unwrap().holds(&xml(BOOKS));
    assert_eq!(holds("//l:book"), Ok(true));
    assert_eq!(holds("//l:none"), Ok(false));
    assert_eq!(holds("count(//l:none)"), Ok(false));
    assert_eq!(holds("''"), Ok(false));
    assert!(holds("(1, 2)").is_err());
}

#[test]
fn a_time_without_a_zone_is_utc_on_every_machine() {
    assert_eq!(texts("xs:dateTime('2026-06-01T12:00:00') = xs:dateTime('2026-06-01T12:00:00Z')"), ["true"]);
}

#[test]
fn wrong_expressions_are_refused_with_a_place() {
    for (expression, offset) in [
        ("", 0),
        ("//", 2),
        ("//l:book[", 9),
        ("//l:book]", 8),
        ("1 +", 3),
        ("//zz:book", 2),
        ("count(//l:book, 1, 2)", 0),
        ("1 = nothing(2)", 4),
        ("$undefined", 0),
    ] {
        let Err(fault) = compile(expression) else { panic!("{expression} was compiled") };
        assert!(!fault.message.is_empty(), "{expression}");
        assert!(fault.offset <= expression.len() && fault.offset.abs_diff(offset) <= 1, "{expression}: {fault:?}");
    }
}

#[test]
fn what_is_not_in_the_document_cannot_be_read() {
    for expression in ["doc('file:///etc/passwd')", "fn:doc('x')//a", "collection()", "current-dateTime()", "trace(1, 'x')"] {
        assert!(compile(expression).unwrap_err().message.contains("is not allowed"), "{expression}");
    }
    assert!(compile("unparsed-text('file:///etc/passwd')").is_err());
}

#[test]
fn expressions_without_an_end_in_sight_are_refused() {
    let message = |expression: &str| compile(expression).unwrap_err().message;
    assert_eq!(message("count(1 to 9999999999)"), "the loops and lists of the expression could go round more than 1000000 times");
    let loops = "for $a in 1 to 1000, $b in 1 to 1000, $c in 1 to 1000 return 1";
    assert!(message(loops).starts_with("the loops and lists"));
    let lists = "for $a in (1,2,3,4,5,6,7,8,9,0) return ".repeat(10) + "1";
    assert!(message(&lists).starts_with("the loops and lists"));
    assert_eq!(message("1 to xs:integer(/l:lib/@n)"), "the ends of a range must be written as whole numbers");
    assert!(message(&format!("{}1{}", "(".repeat(300), ")".repeat(300))).contains("levels"));
    assert!(message(&format!("1{}", "+1".repeat(300))).contains("levels"));
    assert!(message(&format!("1{}", ",1".repeat(5_000))).starts_with("the expression is longer"));
    assert!(compile(&format!("{}1{}", "(".repeat(30), ")".repeat(30))).is_ok());
}

#[test]
fn a_deep_expression_within_the_bound_runs() {
    let deep = format!("1{}", "+1".repeat(60));
    assert_eq!(texts(&deep), ["61"]);
    let predicates = format!("//l:book{}{}", "[.".repeat(15), "]".repeat(15));
    assert_eq!(paths(&predicates).len(), 2);
}

#[test]
fn work_on_a_document_is_bounded() {
    let wide = xml(&format!("<a>{}</a>", "<b/>".repeat(10_001)));
    let ask = |expression: &str| compile(expression).unwrap().query(&wide);
    assert_eq!(ask("count(//b)").unwrap()[0].text, "10001");
    assert!(ask("//b").unwrap_err().message.starts_with("the result has 10001 items"));
    assert!(ask("count(for $x in //b, $y in //b return 1)").unwrap_err().message.starts_with("the expression takes more than"));
    assert!(ask("count(//b[count(preceding-sibling::b) > 5])").is_err());
    // Found by fuzzing: few moves for each round, and a text made in each.
    let texts = xml(&format!("<a>{}</a>", "<b>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</b>".repeat(200)));
    let loops = compile("for $x in //b, $y in 1 to 3 return for $x in //b, $y in 1 to 3 return concat($x, $y)").unwrap();
    assert!(loops.query(&texts).unwrap_err().message.starts_with("the expression takes more than"));
    // Found likewise: a pattern that is slow on each of many texts.
    let slow = compile("count(for $x in //b, $y in 1 to 100 return matches($x, '(a+)+$'))").unwrap();
    let start = std::time::Instant::now();
    let _ = slow.query(&texts);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_cast_that_fails_is_a_fault_of_the_evaluation() {
    let fault = query("xs:integer(//l:title[1])").unwrap_err();
    assert!(fault.message.ends_with(')'), "{fault}");
    assert!(!fault.message.starts_with('['));
}

#[test]
fn a_hostile_text_does_not_make_a_pattern_hang() {
    let text = xml(&format!("<a>{}!</a>", "a".repeat(30_000)));
    let start = std::time::Instant::now();
    for pattern in ["^(a+)+$", "(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
        let _ = XPath::compile(&format!("matches(/a, '{pattern}')"), &[]).unwrap().holds(&text);
    }
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn an_expression_is_shared_between_threads() {
    let path = compile("count(//l:book)").unwrap();
    let doc = xml(BOOKS);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| path.query(&doc).unwrap()[0].text.clone())).collect();
        runs.into_iter().for_each(|run| assert_eq!(run.join().unwrap(), "2"));
    });
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_refused(text in r#"(//|/|\*|@|l:book|l:price|\[|\]|\(|\)|'a'|1|2\.5| = | to | or | div | union |\.\.|\.|count|not|matches|,|\$x| for \$x in | return |-|\+|::|ancestor|self|text\(\)|é){0,16}"#) {
        if let Ok(path) = compile(&text) {
            let _ = path.query(&xml(BOOKS));
        }
    }
}
