/**
 * Rule sets into tables of decisions. For every class of destinations the rules are evaluated at compile time as far as
 * the class decides them; what is left is a small graph of tests, draws and verdicts.
 */
package io.vipline.rules.chain.compile;
