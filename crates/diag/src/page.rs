//! The page of a code: what a diagnostic means, with an example of wrong and right.

/// What is told of a code beyond its diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Code.
    pub code: &'static str,
    /// What it means and why it is a mistake.
    pub meaning: &'static str,
    /// Lines that raise it.
    pub wrong: &'static str,
    /// The same lines as they should be.
    pub right: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl Page {
    /// Finds the page of a code.
    #[must_use]
    pub fn find(pages: &'static [Self], code: &str) -> Option<&'static Self> {
        pages.iter().find(|page| page.code == code)
    }

    /// Writes the page as it is shown.
    ///
    /// ```
    /// use counterpart_diag::Page;
    /// let page = Page { code: "X1", meaning: "It is not so.", wrong: "a: b", right: "a: c", advice: "Write `c`." };
    /// assert_eq!(page.text(), "X1: It is not so.\n\nWrong:\n    a: b\n\nRight:\n    a: c\n\nWhat to do: Write `c`.\n");
    /// ```
    #[must_use]
    pub fn text(&self) -> String {
        let indented = |lines: &str| lines.lines().map(|line| format!("    {line}\n")).collect::<String>();
        format!(
            "{}: {}\n\nWrong:\n{}\nRight:\n{}\nWhat to do: {}\n",
            self.code,
            self.meaning,
            indented(self.wrong),
            indented(self.right),
            self.advice
        )
    }
}
