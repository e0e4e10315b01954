/** The command line: one class a verb, {@link io.vipline.tools.Vipline} above them. */
package io.vipline.tools;
