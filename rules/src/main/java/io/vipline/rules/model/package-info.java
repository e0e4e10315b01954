/** A cluster's objects, where each was written, and what is wrong with the input. */
package io.vipline.rules.model;
