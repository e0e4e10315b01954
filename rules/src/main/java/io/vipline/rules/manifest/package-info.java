/**
 * Manifests in, a {@link io.vipline.rules.model.Cluster} out: reading with places, then filling in what the API server
 * and the controllers would.
 */
package io.vipline.rules.manifest;
