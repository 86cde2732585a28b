"""Several files in one, without a browser; that the whole plays in one is tested in tests/commands/test_demo.py."""

from compare.screen.onepage import one_page

FILES = {
    "index.html": """<head>
  <style>p { color: red; }</style>
  <!-- Low, because. -->
  <link rel="modulepreload" fetchpriority="low" href="/static/words.js">
  <script type="module" fetchpriority="low" src="/static/page.js"></script>
</head>
""",
    "page.js": 'import { hello } from "./words.js";\nimport { twice } from "./twice.js";\nconst own = 1;\n',
    "twice.js": 'import { hello } from "./words.js";\nconst own = 2;\nexport const twice = hello + hello;\n',
    "words.js": 'export const hello = "</script>";\nexport function unused() {}\n',
}


def test_nothing_is_left_to_fetch():
    page = one_page(FILES, {"events": []})
    assert "/static/" not in page
    assert "import " not in page
    assert "p { color: red; }" in page


def test_each_module_comes_once_before_those_that_import_it():
    page = one_page(FILES, {})
    order = [page.index(f"const module_{name} = ") for name in ("words", "twice", "page")]
    assert order == sorted(order)
    assert page.count("const module_words = ") == 1
    assert "const { hello } = module_words;" in page
    assert "return { hello, unused };" in page


def test_no_text_ends_the_script_or_the_recording_early():
    page = one_page(FILES, {"name": "</script><b>"})
    assert page.count("</script>") == 2
    assert '{"name":"<\\/script><b>"}' in page
