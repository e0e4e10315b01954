/** Why a packet fares as it does, and what would change that: told from the Services, endpoints and Nodes behind the rules. */
package io.vipline.tools.explain.hint;
