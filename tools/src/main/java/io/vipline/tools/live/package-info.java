/** What {@code vipline run} makes of its flags: devices, addresses and routes, and the summary at the end. */
package io.vipline.tools.live;
