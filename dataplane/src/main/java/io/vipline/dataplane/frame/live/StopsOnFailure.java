package io.vipline.dataplane.frame.live;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;

/** An agent whose thread ends with its first exception: going on after a fault of ours would hide it. */
record StopsOnFailure(Agent agent) implements Agent {
    @Override
    public void onStart() {
        agent.onStart();
    }

    @Override
    public int doWork() throws Exception {
        try {
            return agent.doWork();
        } catch (RuntimeException failure) {
            if (failure instanceof AgentTerminationException) {
                throw failure;
            }
            throw new AgentTerminationException(failure);
        }
    }

    @Override
    public void onClose() {
        agent.onClose();
    }

    @Override
    public String roleName() {
        return agent.roleName();
    }
}
