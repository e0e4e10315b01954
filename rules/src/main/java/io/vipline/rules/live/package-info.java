/** Rules that follow a cluster's changes: one object changed gives a new compiled table, without a rebuild. */
package io.vipline.rules.live;
