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
import { everyAfter, isTriedAgain, pauseAfter } from './patience.ts'

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
    refetchInterval: ({ state: { data, error } }) =>
      everyAfter(typeof every === 'function' ? every(data, error) : every, error),
    placeholderData: keepPreviousData,
    enabled,
  })
}

/**
 * Does what a route does. One deed has one idempotency key however often it is sent, so that a lost answer does nothing twice; afterwards everything that is
 * shown is looked at again, at once and when what it set off has begun.
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
      for (let failures = 0; ; failures++)
        try {
          return await client.call(name, { ...input, ...idempotencyKey } as CallInput<N>)
        } catch (error) {
          if (!isTriedAgain(failures, error)) throw error
          await new Promise(resolve => setTimeout(resolve, pauseAfter(failures, error)))
        }
    },
    onSuccess: reply => {
      last.current = undefined
      void queries.invalidateQueries()
      for (const ms of FOLLOWS_MS) setTimeout(() => void queries.invalidateQueries(), ms)
      onDone?.(reply)
    },
  })
}

/** A run that was started shows itself, and a gateway has been told. */
const FOLLOWS_MS = [1_500, 4_000]
