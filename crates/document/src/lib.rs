//! JSON and XML trees with positions, JSON Pointer, JSONPath and XPath.
