'use client';

// What the page knows of the server: the history, the peers, and one run that is followed by its events, or by polling where they fail.

import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { SessionView } from '@/lib/initial-load/sessions';

export interface PeerState {
  nodeId: string;
  name: string;
  isOnline: boolean;
  mayWriteHere?: boolean;
  psql?: string | null;
  error?: string;
}

const API = '/api/admin/sync';
const POLL_MS = 1000;
const LOOK_MS = 5000;

export const isActive = ({ status }: SessionView) => status === 'PREPARING' || status === 'TRANSFERRING';

/** The answer of a route; fails with its words. */
export async function ask<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const response = await fetch(API + path, { method, body: body && JSON.stringify(body), cache: 'no-store' });
  const answer = (await response.json().catch(() => ({}))) as T & { error?: string };
  if (!response.ok) throw Object.assign(new Error(answer.error ?? `status ${response.status}`), { status: response.status });
  return answer;
}

export function useLoads() {
  const router = useRouter();
  const [sessions, setSessions] = useState<SessionView[]>();
  const [peers, setPeers] = useState<PeerState[]>();
  const [nodeId, setNodeId] = useState('');
  const [isOffline, setOffline] = useState(false);

  const failed = useCallback(
    (error: Error & { status?: number }) => {
      if (error.status === 401) router.push('/admin/login');
      // Without a status nobody has answered.
      else setOffline(error.status === undefined);
    },
    [router],
  );

  const refresh = useCallback(async () => {
    try {
      setSessions((await ask<{ sessions: SessionView[] }>('/initial-load')).sessions);
      setOffline(false);
      const answer = await ask<{ nodeId: string; peers: PeerState[] }>('/peers');
      setPeers(answer.peers);
      setNodeId(answer.nodeId);
    } catch (error) {
      failed(error as Error);
    }
  }, [failed]);

  useEffect(() => {
    void refresh();
    const timer = setInterval(() => void refresh(), LOOK_MS);
    return () => clearInterval(timer);
  }, [refresh]);

  const update = useCallback((session: SessionView) => {
    setOffline(false);
    setSessions((all = []) => [session, ...all.filter(({ sessionId }) => sessionId !== session.sessionId)]);
  }, []);
  return { sessions, peers, nodeId, isOffline, refresh, update, failed };
}

/** Follows one run until it has ended. */
export function useFollow(sessionId: string | undefined, update: (session: SessionView) => void, failed: (error: Error) => void) {
  const latest = useRef({ update, failed });
  useEffect(() => {
    latest.current = { update, failed };
  });
  useEffect(() => {
    if (sessionId === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const take = (session: SessionView) => {
      if (isOver) return;
      latest.current.update(session);
      isOver = !isActive(session);
      if (isOver) events.close();
    };
    const poll = async () => {
      try {
        take(await ask<SessionView>(`/initial-load/${sessionId}`));
      } catch (error) {
        latest.current.failed(error as Error);
      }
      if (!isOver) timer = setTimeout(() => void poll(), POLL_MS);
    };
    const events = new EventSource(`${API}/initial-load/${sessionId}/events`);
    events.onmessage = ({ data }: MessageEvent<string>) => take(JSON.parse(data) as SessionView);
    events.onerror = () => {
      // A proxy that swallows events does not let them pass the next time either.
      events.close();
      if (!isOver) void poll();
    };
    return () => {
      isOver = true;
      clearTimeout(timer);
      events.close();
    };
  }, [sessionId]);
}
