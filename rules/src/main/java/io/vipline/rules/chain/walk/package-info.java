/** The interpreter of rule sets: follows one packet through every branch and tells what it met. */
package io.vipline.rules.chain.walk;
