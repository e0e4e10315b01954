/** {@code iptables-save} text into the IR and back: whoever wrote the rules. */
package io.vipline.rules.chain.save;
