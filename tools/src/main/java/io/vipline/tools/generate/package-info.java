/**
 * Client traffic for Services, made up: who talks to whom ({@link io.vipline.tools.generate.FlowPlan}), what they say
 * ({@link io.vipline.tools.generate.Conversation}), and the bytes of it ({@link io.vipline.tools.generate.FrameComposer}).
 */
package io.vipline.tools.generate;
