/**
 * The compiled rules as the data path sees them: a {@link io.vipline.rules.table.PacketKey} goes in, a {@link
 * io.vipline.rules.table.Verdict} comes out.
 */
package io.vipline.rules.table;
