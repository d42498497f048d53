// Package dashboardtest owns snapshots for the tests of whatever shows one:
// the page, the terminal and the browser test. It must not be imported by
// anything but tests.
package dashboardtest
