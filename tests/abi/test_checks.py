"""Each check of this folder finds the violation that is planted for it, and lets the clean twin pass."""

import shutil
import tempfile
import unittest
from pathlib import Path

import check_abi
import check_binary
import check_guard
import check_headers
import check_layers
import check_symbols


class Planted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def plant(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


class Layers(Planted):
    def problems(self, path, text):
        self.plant(path, text)
        return check_layers.check(self.root)[0]

    def test_downward_include_passes(self):
        self.assertEqual(self.problems("store/a.cpp", '#include "os/file.hpp"\n#include <vector>\n'), [])

    def test_upward_include_is_found(self):
        self.assertIn("points upward", self.problems("os/a.hpp", '#  include "store/pages.hpp"\n')[0])

    def test_public_header_below_the_boundary_is_found(self):
        self.assertIn("capi alone", self.problems("store/a.cpp", "#include <deltos/status.h>\n")[0])

    def test_public_header_at_the_boundary_passes(self):
        self.assertEqual(self.problems("capi/a.cpp", "#include <deltos/status.h>\n"), [])

    def test_include_without_a_layer_is_found(self):
        self.assertIn("full path", self.problems("os/a.cpp", '#include "file.hpp"\n')[0])

    def test_internal_header_in_a_program_is_found(self):
        self.assertIn("public headers alone", self.problems("cli/main.cpp", '#include "os/file.hpp"\n')[0])

    def test_system_call_outside_os_is_found(self):
        self.assertIn("system calls", self.problems("store/a.cpp", "int f() { return ::fsync(3); }\n")[0])

    def test_system_call_in_a_comment_passes(self):
        self.assertEqual(self.problems("store/a.cpp", "// ::fsync(3)\nint f();\n"), [])

    def test_unknown_layer_is_found(self):
        self.assertIn("no layer", self.problems("util/a.cpp", "")[0])


class Guards(Planted):
    def problems(self, source):
        self.plant("include/deltos/a.h", "DELTOS_API int deltos_a(int x, int (*call)(int));\n")
        self.plant("capi/a.cpp", source)
        return check_guard.check(self.root / "capi", self.root / "include")[0]

    def test_one_guard_passes(self):
        body = "return guard(err, [&] { if (x) { return f(\"}\"); } return g(); });"
        self.assertEqual(self.problems("int deltos_a(int x, int (*call)(int)) { " + body + " }"), [])

    def test_guard_inside_extern_c_passes(self):
        self.assertEqual(self.problems('extern "C" {\nint deltos_a(int x) noexcept { return guard_value(0, f); }\n}\n'), [])

    def test_guard_with_a_fast_way_passes(self):
        self.assertEqual(self.problems("int deltos_a(int x) { return guard_fast<f>(err, [=]() noexcept { return x; }, x); }"), [])

    def test_fast_way_outside_of_the_guard_is_found(self):
        self.assertIn("exactly one", self.problems("int deltos_a(int x) { return x ? 0 : guard_fast<f>(err, g, x); }")[0])

    def test_statement_before_the_guard_is_found(self):
        self.assertIn("exactly one", self.problems("int deltos_a(int x) { check(x); return guard(err, f); }")[0])

    def test_statement_after_the_guard_is_found(self):
        self.assertIn("exactly one", self.problems("int deltos_a(int x) { guard_void(f); return x; }")[0])

    def test_work_on_the_result_of_the_guard_is_found(self):
        self.assertIn("exactly one", self.problems("int deltos_a(int x) { return guard(err, f) + g(); }")[0])

    def test_bare_body_is_found(self):
        self.assertIn("exactly one", self.problems("int deltos_a(int x) { return x; }")[0])

    def test_undeclared_function_is_found(self):
        source = "int deltos_a(int x) { return guard(err, f); } int deltos_b() { return guard(err, f); }"
        self.assertIn("no public header", self.problems(source)[0])

    def test_missing_definition_is_found(self):
        self.assertIn("defined nowhere", self.problems("namespace n { int deltos_a(int x) { return 1; } }")[0])


class Symbols(unittest.TestCase):
    MAP = "DELTOS_0.1 {\n  global:\n    deltos_a;\n    deltos_b;\n  local:\n    *;\n};\n"

    def problems(self, declared, exported, text=MAP):
        return check_symbols.compare(check_symbols.mapped_symbols(text), set(declared), set(exported))

    def test_equal_sets_pass(self):
        self.assertEqual(self.problems(["deltos_a", "deltos_b"], ["deltos_a", "deltos_b"]), [])

    def test_symbol_missing_in_the_headers_is_found(self):
        self.assertIn("not in the headers", self.problems(["deltos_a"], ["deltos_a", "deltos_b"])[0])

    def test_symbol_missing_in_the_library_is_found(self):
        self.assertIn("not in the library", self.problems(["deltos_a", "deltos_b"], ["deltos_a"])[0])

    def test_symbol_missing_in_the_map_is_found(self):
        self.assertIn("not in the map", self.problems(["deltos_a", "deltos_b", "deltos_c"], ["deltos_a", "deltos_b"])[0])

    def test_exported_cpp_symbol_is_found(self):
        found = self.problems(["deltos_a", "deltos_b"], ["deltos_a", "deltos_b", "_ZN6deltos4failEv"])
        self.assertTrue(any("no name for a C function" in problem for problem in found))

    def test_pattern_in_the_map_is_found(self):
        found = self.problems(["deltos_a"], ["deltos_a"], "D {\n global:\n deltos_*;\n local:\n *;\n};")
        self.assertTrue(any("by pattern" in problem for problem in found))


class Headers(Planted):
    def problems(self, text):
        self.plant("deltos/deltos.h", text)
        return check_headers.compile_all(self.root)[0]

    def test_plain_header_passes(self):
        self.assertEqual(self.problems("#ifndef A\n#define A\nint deltos_a(int x);\n#endif\n"), [])

    def test_header_that_is_not_c99_is_found(self):
        self.assertIn("-std=c99", self.problems("#ifndef A\n#define A\n_Static_assert(1, \"\");\n#endif\n")[0])

    def test_header_that_needs_another_is_found(self):
        self.assertTrue(self.problems("#ifndef A\n#define A\nuint32_t deltos_a(void);\n#endif\n"))

    def test_header_without_a_guard_is_found(self):
        self.assertTrue(self.problems("struct deltos_a {\n  int x;\n};\n"))

    def test_header_of_cpp_that_needs_cpp20_is_found(self):
        self.plant("deltos/hpp/a.hpp", "#ifndef A\n#define A\n#include <span>\ninline std::span<int> a;\n#endif\n")
        self.assertIn("-std=c++17", check_headers.compile_all(self.root)[0][0])

    def test_header_of_cpp_that_needs_exceptions_is_found(self):
        self.plant("deltos/deltos.hpp", "#ifndef A\n#define A\ninline void a() { throw 1; }\n#endif\n")
        self.assertIn("-fno-exceptions", check_headers.compile_all(self.root)[0][0])

    def test_header_that_cffi_cannot_read_is_found(self):
        self.plant("deltos/deltos.h", "static inline int deltos_a(int x) { return x + 1; }\n#define DELTOS_API\n")
        self.assertTrue(check_headers.parse_with_cffi(self.root))


class Binary(Planted):
    GOOD = (
        " 0x0000000000000001 (NEEDED)  Shared library: [libc.so.6]\n"
        " 0x000000000000000e (SONAME)  Library soname: [libdeltos.so.0]\n"
    )

    def test_clean_library_passes(self):
        self.assertEqual(check_binary.dynamic_problems(self.GOOD, "0"), [])

    def test_other_soname_is_found(self):
        self.assertIn("soname", check_binary.dynamic_problems(self.GOOD, "1")[0])

    def test_foreign_library_is_found(self):
        text = self.GOOD + " 0x0000000000000001 (NEEDED)  Shared library: [libxxhash.so.0]\n"
        self.assertIn("libxxhash", check_binary.dynamic_problems(text, "0")[0])

    def test_search_path_is_found(self):
        text = self.GOOD + " 0x000000000000001d (RUNPATH)  Library runpath: [/usr/local/lib]\n"
        self.assertIn("search path", check_binary.dynamic_problems(text, "0")[0])

    def test_version_that_differs_is_found(self):
        self.plant("meson.build", "project('deltos', 'cpp',\n    version: '0.2.0',\n)\n")
        macros = {"VERSION_MAJOR": 0, "VERSION_MINOR": 1, "VERSION_PATCH": 0, "VERSION": '"0.1.0"', "ABI_VERSION": 0}
        self.plant("deltos/version.h", "".join(f"#define DELTOS_{name} {value}\n" for name, value in macros.items()))
        self.assertIn("0.2.0", check_binary.version_problems(self.root, self.root / "meson.build", "0")[0])


@unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed")
class Abi(Planted):
    API = '__attribute__((visibility("default")))'
    BEFORE = f"struct deltos_a {{ int x; }};\n{API} int deltos_f(struct deltos_a *a);\n"

    def changes(self, after):
        self.plant("before/deltos/deltos.h", self.BEFORE)
        self.plant("after/deltos/deltos.h", after)
        check_abi.record(self.root / "before", self.root / "before.abi")
        return check_abi.compare(self.root / "after", self.root / "before.abi")

    def test_same_interface_passes(self):
        self.assertEqual(self.changes(self.BEFORE), "")

    def test_added_function_passes(self):
        self.assertEqual(self.changes(self.BEFORE + f"{self.API} int deltos_g(int x);\n"), "")

    def test_removed_function_is_found(self):
        self.assertTrue(self.changes(self.BEFORE.replace("deltos_f", "deltos_g")))

    def test_changed_struct_is_found(self):
        self.assertTrue(self.changes(self.BEFORE.replace("int x", "long x")))

    def test_changed_parameter_is_found(self):
        self.assertTrue(self.changes(self.BEFORE.replace("*a)", "*a, int b)")))


if __name__ == "__main__":
    unittest.main()
