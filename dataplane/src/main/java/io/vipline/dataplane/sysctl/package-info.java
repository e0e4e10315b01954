/** What can be set of a node, under the names that its kernel has for it. */
package io.vipline.dataplane.sysctl;
