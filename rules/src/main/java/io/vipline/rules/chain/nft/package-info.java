/**
 * kube-proxy's nftables mode: its rules in the same IR that every other rule set is told in, and its text. A verdict map
 * stands in the IR as what it means, a rule for each element: exact destination, protocol and port, and the element's
 * verdict. So walker and compiler, which look such rules up rather than try them, need not know of maps, and the printer
 * writes each element from the very rule that they read.
 */
package io.vipline.rules.chain.nft;
