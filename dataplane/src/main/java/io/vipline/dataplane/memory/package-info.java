/** Native memory and the one flyweight through which frames, connections and rings are seen. */
package io.vipline.dataplane.memory;
