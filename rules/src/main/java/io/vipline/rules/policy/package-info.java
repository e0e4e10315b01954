/**
 * What kube-proxy makes of Services and EndpointSlices before it writes rules: which ports are proxied, and which
 * endpoints may be reached from where.
 */
package io.vipline.rules.policy;
