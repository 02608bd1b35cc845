"""scripts/check-structure finds nothing in this tree, and finds each kind of breach in a copy that has one planted."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "scripts", "check-structure")


class Structure(unittest.TestCase):
    def setUp(self):
        self.copy = tempfile.mkdtemp(prefix="headroom-structure-")
        self.addCleanup(shutil.rmtree, self.copy)
        shutil.copytree(os.path.join(ROOT, "src"), os.path.join(self.copy, "src"))

    def check(self, root):
        ended = subprocess.run(["/usr/bin/python3", SCRIPT, "--root", root], capture_output=True, text=True, timeout=60,
                               check=False)
        return ended.returncode, ended.stdout

    def change(self, path, old, new):
        with open(os.path.join(self.copy, path), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(os.path.join(self.copy, path), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))

    def assert_found(self, *words):
        status, out = self.check(self.copy)
        self.assertEqual(status, 1, out)
        found = [line for line in out.split("\n") if all(word in line for word in words)]
        self.assertEqual(len(found), 1, out)

    def test_the_tree_has_no_breach(self):
        status, out = self.check(ROOT)
        self.assertEqual(status, 0, out)

    def test_an_include_of_a_higher_folder(self):
        self.change("src/scaler/policy.c", '#include "', '#include "collector/fleet/ring.h"\n#include "')
        self.assert_found("src/scaler/policy.c", "scaler must not include collector/fleet/ring.h")

    def test_an_include_of_a_folder_beside(self):
        self.change("src/collector/intake/intake.c", '#include "', '#include "collector/autoscale/victim_list.h"\n#include "')
        self.assert_found("src/collector/intake/intake.c", "must not include collector/autoscale/victim_list.h")

    def test_a_circle(self):
        self.change("src/common/random.h", "#include <", '#include "common/backoff.h"\n\n#include <')
        self.change("src/common/backoff.h", "#include <", '#include "common/random.h"\n\n#include <')
        self.assert_found("src/common/backoff and src/common/random include each other")

    def test_a_pure_module_that_does_not_say_so(self):
        self.change("src/scaler/regress.h", "/* Pure. ", "/* ")
        self.assert_found("src/scaler/regress.h", 'does not begin with "Pure."')

    def test_a_shell_that_says_it_is_pure(self):
        self.change("src/common/ticker.h", "/* ", "/* Pure. ")
        self.assert_found("src/common/ticker.h", 'begins with "Pure."')

    def test_a_pure_module_that_opens_a_file(self):
        self.change("src/scaler/regress.c", "{\n", '{\n    (void)fopen("/dev/null", "r");\n')
        self.assert_found("src/scaler/regress.c", "calls fopen()")

    def test_a_pure_module_that_includes_libuv(self):
        self.change("src/scaler/regress.c", "#include <", "#include <uv.h>\n#include <")
        self.assert_found("src/scaler/regress.c", "includes uv.h")

    def test_a_process_that_the_collector_starts_itself(self):
        self.change("src/collector/autoscale/hook_run.c", "static int spawn(struct hook_run *run)\n{\n",
                    "static int spawn(struct hook_run *run)\n{\n    (void)fork();\n")
        self.assert_found("src/collector/autoscale/hook_run.c", "calls fork()")

    def test_an_export_with_another_prefix(self):
        self.change("src/scaler/student.h", "\n#endif", "\nint helper_of_student(void);\n\n#endif")
        self.assert_found("src/scaler/student.h", "exports helper_of_student()")

    def test_a_guard_that_is_not_the_path(self):
        self.change("src/scaler/student.h", "#ifndef SCALER_STUDENT_H", "#ifndef STUDENT_H")
        self.assert_found("src/scaler/student.h", "include guard is not SCALER_STUDENT_H")

    def test_a_source_that_no_list_has(self):
        self.change("src/scaler/CMakeLists.txt", "sizing.c", "")
        self.assert_found("src/scaler/sizing.c", "no list")

    def test_a_file_that_is_too_long(self):
        self.change("src/scaler/sizing.c", '#include "scaler/sizing.h"\n', '#include "scaler/sizing.h"\n' + 500 * "\n")
        self.assert_found("src/scaler/sizing.c", "more than one reason")


if __name__ == "__main__":
    unittest.main()
