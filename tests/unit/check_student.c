#include "scaler/student.h"

#include "support/suite.h"

#include <math.h>

static const double confidences[] = {0.80, 0.90, 0.95, 0.99};

/* Computed with mpmath to 30 digits; they agree with the printed tables. */
static const struct {
    double df;
    double t[4];
} table[] = {
    {1, {3.07768353718, 6.31375151468, 12.7062047362, 63.6567411629}},
    {2, {1.88561808316, 2.91998558035, 4.30265272975, 9.92484320092}},
    {3, {1.6377443537, 2.3533634348, 3.18244630528, 5.84090930973}},
    {5, {1.47588404882, 2.01504837333, 2.57058183564, 4.03214298356}},
    {10, {1.37218364111, 1.81246112281, 2.22813885199, 3.16927267262}},
    {30, {1.31041502539, 1.69726088659, 2.0422724563, 2.74999565357}},
    {100, {1.29007476135, 1.66023432609, 1.98397151852, 2.62589052144}},
    {1000, {1.28239872146, 1.64637881729, 1.96233908083, 2.58075469807}},
    {1e6, {1.28155241213, 1.64485515072, 1.95996635681, 2.57583422011}},
};

START_TEST(test_agrees_with_the_tables)
{
    for (unsigned c = 0; c < 4; c++)
        ck_assert_double_eq_tol(student_quantile(confidences[c], table[_i].df) / table[_i].t[c], 1.0, 1e-9);
}
END_TEST

/* With df = 1 and 2 the distribution has a closed form. */
START_TEST(test_agrees_with_the_closed_forms_far_out)
{
    for (double outside = 0.5; outside > 1e-12; outside /= 2.0) {
        double c = 1.0 - outside;
        ck_assert_double_eq_tol(student_quantile(c, 1.0) * tan(outside * M_PI_2), 1.0, 1e-9);
        ck_assert_double_eq_tol(student_quantile(c, 2.0) / (c * sqrt(2.0 / (outside * (1.0 + c)))), 1.0, 1e-9);
    }
}
END_TEST

START_TEST(test_grows_with_confidence_and_falls_with_df)
{
    for (double df = 1.0; df < 2e6; df *= 1.37) {
        double last = 0.0;
        for (double c = 0.001; c < 0.9999; c += 0.0137) {
            double t = student_quantile(c, df);
            ck_assert(isfinite(t));
            ck_assert(t > last);
            ck_assert(t > student_quantile(c, df * 1.5));
            last = t;
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("student");
    TCase *tcase = tcase_create("student");

    tcase_add_loop_test(tcase, test_agrees_with_the_tables, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tcase, test_agrees_with_the_closed_forms_far_out);
    tcase_add_test(tcase, test_grows_with_confidence_and_falls_with_df);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
