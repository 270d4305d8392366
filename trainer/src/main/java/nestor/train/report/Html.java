package nestor.train.report;

/// Text put together as HTML: whatever comes from outside goes through [#text], so that it can be
/// nothing but text.
final class Html {
  private final StringBuilder html = new StringBuilder();

  /// Appends markup, which must be the program's own.
  Html raw(String markup) {
    html.append(markup);
    return this;
  }

  /// Appends text, with every character that means something in HTML written out.
  Html text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> html.append("&amp;");
        case '<' -> html.append("&lt;");
        case '>' -> html.append("&gt;");
        case '"' -> html.append("&quot;");
        case '\'' -> html.append("&#39;");
        default -> html.append(c);
      }
    }
    return this;
  }

  /// Appends an element with nothing but text in it.
  ///
  /// @param open such as `td class="number"`
  Html element(String open, String text) {
    return raw("<" + open + ">").text(text).raw("</" + open.split(" ", 2)[0] + ">");
  }

  @Override
  public String toString() {
    return html.toString();
  }
}
