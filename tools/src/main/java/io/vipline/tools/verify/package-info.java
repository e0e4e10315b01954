/** The kernel as judge: the same packets through netfilter and through the pipeline, and what comes out compared. */
package io.vipline.tools.verify;
