/** Addresses, ranges, protocols: the vocabulary that rules and the data path share. */
package io.vipline.rules.net;
