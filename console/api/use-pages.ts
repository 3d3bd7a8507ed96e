import { useState } from 'react'
import type { CallInput } from '#core/contracts/client.ts'
import type { RouteName } from '#core/contracts/routes.ts'
import { type CallOptions, type Reply, useCall } from './use-call.ts'

/** Routes that list: a page of items, and where the next one begins. */
export type ListRoute = {
  [N in RouteName]: Reply<N> extends { items: readonly unknown[] } ? N : never
}[RouteName]

type Item<N extends ListRoute> = Reply<N> extends { items: readonly (infer I)[] } ? I : never

export interface Pages<I> {
  /** Undefined until the first answer. */
  items: readonly I[] | undefined
  /** Counted from 1. */
  page: number
  hasNext: boolean
  /** How many there are on all pages, where the API tells. */
  total: number | undefined
  /** `page` is one that was seen, or the next one. */
  go: (page: number) => void
  isFetching: boolean
  /** What was thrown by the last look; items of before may still be there. */
  error: unknown
  retry: () => void
}

const PAGE_SIZE = 50

/** A list, page by page as the API gives them: it survives any number of items. Other filters begin at the first page. */
export const usePages = <N extends ListRoute>(
  name: N,
  query: Omit<NonNullable<CallInput<N>['query']>, 'after' | 'limit'> = {} as never,
  { params, ...options }: CallOptions & { limit?: number; params?: CallInput<N>['params'] } = {},
): Pages<Item<N>> => {
  const filter = JSON.stringify({ query, params })
  const [seen, setSeen] = useState<{
    filter: string
    starts: (string | undefined)[]
    page: number
  }>({ filter, starts: [undefined], page: 1 })
  const { starts, page } = seen.filter === filter ? seen : { starts: [undefined], page: 1 }
  const after = starts[page - 1]
  const { data, error, isFetching, isPlaceholderData, refetch } = useCall(
    name,
    {
      ...(params && { params }),
      query: { ...query, limit: options.limit ?? PAGE_SIZE, ...(after !== undefined && { after }) },
    } as never,
    options,
  )
  const { items, next, total } = (data ?? {}) as {
    items?: Item<N>[]
    next?: string
    total?: number
  }
  return {
    items,
    total,
    page,
    hasNext: next !== undefined && !isPlaceholderData,
    go(wanted) {
      if (wanted <= starts.length) setSeen({ filter, starts, page: wanted })
      else if (next !== undefined && !isPlaceholderData)
        setSeen({ filter, starts: [...starts, next], page: starts.length + 1 })
    },
    isFetching,
    error,
    retry: () => void refetch(),
  }
}
