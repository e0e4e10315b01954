package io.vipline.rules.model;

/** A Kubernetes object and where it was written. */
public record Located<T>(T object, Origin origin) {}
