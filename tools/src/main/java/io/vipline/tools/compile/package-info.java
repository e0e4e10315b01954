/** What {@code vipline compile} shows of a node's rules. */
package io.vipline.tools.compile;
