/** {@code vipline get}: a cluster's objects as kubectl shows them. */
package io.vipline.tools.get;
