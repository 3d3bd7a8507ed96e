import {
  keepPreviousData,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useRef } from 'react'
import { ulid } from 'ulid'
import type { z } from 'zod'
import type { CallInput } from '#core/contracts/client.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { useApi } from './context.tsx'

export type Reply<N extends RouteName> = z.output<(typeof routes)[N]['reply']>

/** How often a page looks again while it is seen, in ms. */
export const LIVE = { run: 2_000, list: 10_000, vms: 30_000, slow: 60_000 } as const

export interface CallOptions {
  /** Looks again so often; LIVE.list unless told, never where `false`. */
  every?: number | false
  enabled?: boolean
}

/** As `CallOptions`; `every` may depend on what was answered last. */
type LiveOptions<R> = Omit<CallOptions, 'every'> & {
  every?: number | false | ((reply: R | undefined, error: unknown) => number | false)
}

/** What a route tells, kept up to date while the page is seen. */
export const useCall = <N extends RouteName>(
  name: N,
  input: Omit<CallInput<N>, 'signal' | 'idempotencyKey'> = {},
  { every = LIVE.list, enabled = true }: LiveOptions<Reply<N>> = {},
): UseQueryResult<Reply<N>> => {
  const { client } = useApi()
  return useQuery({
    queryKey: [name, input],
    queryFn: ({ signal }) => client.call(name, { ...input, signal } as CallInput<N>),
    refetchInterval:
      typeof every === 'function' ? ({ state }) => every(state.data, state.error) : every,
    placeholderData: keepPreviousData,
    enabled,
  })
}

/**
 * Does what a route does. One deed has one idempotency key however often it is sent, so that a lost answer does nothing twice; afterwards everything that is
 * shown is looked at again.
 */
export const useDeed = <N extends RouteName>(
  name: N,
  { onDone }: { onDone?: (reply: Reply<N>) => void } = {},
) => {
  const { client } = useApi()
  const queries = useQueryClient()
  const last = useRef<{ input: string; key: string }>(undefined)
  const keyOf = (input: object): string => {
    const wanted = JSON.stringify(input)
    if (last.current?.input !== wanted) last.current = { input: wanted, key: ulid() }
    return last.current.key
  }
  return useMutation<Reply<N>, unknown, Omit<CallInput<N>, 'signal' | 'idempotencyKey'>>({
    mutationFn: async input => {
      const idempotencyKey = routes[name].method === 'GET' ? {} : { idempotencyKey: keyOf(input) }
      for (let attempt = 1; ; attempt++)
        try {
          return await client.call(name, { ...input, ...idempotencyKey } as CallInput<N>)
        } catch (error) {
          if (attempt === TRIES || !(error as { retryable?: boolean }).retryable) throw error
          await new Promise(resolve => setTimeout(resolve, PAUSE_MS * 2 ** attempt))
        }
    },
    onSuccess: reply => {
      last.current = undefined
      void queries.invalidateQueries()
      onDone?.(reply)
    },
  })
}

const TRIES = 3
const PAUSE_MS = 500
