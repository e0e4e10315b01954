/** Fragments: brought together before conntrack, sent on as they came. */
package io.vipline.dataplane.fragment;
