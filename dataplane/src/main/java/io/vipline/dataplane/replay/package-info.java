/**
 * A capture through the pipeline: forwarders that each scan the capture and take their share of its flows, and the merge
 * of what they finish.
 */
package io.vipline.dataplane.replay;
