import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import { useEffect, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { z } from 'zod'
import { LIVE, useCall } from '../api/use-call.ts'

/** What a list is narrowed to; it stands in the address, so that it can be kept, sent and gone back to. */
export const useAddressFilter = <N extends string>(names: readonly N[]) => {
  const [params, setParams] = useSearchParams()
  const wanted = Object.fromEntries(
    names.flatMap(name => {
      const value = params.get(name)
      return value ? [[name, value]] : []
    }),
  ) as Partial<Record<N, string>>
  return {
    wanted,
    want(change: Partial<Record<N, string>>) {
      const all = Object.entries<string | undefined>({ ...wanted, ...change })
      setParams(
        Object.fromEntries(all.flatMap(([name, value]) => (value ? [[name, value]] : []))),
        {
          replace: true,
        },
      )
    },
    clear: () => setParams({}, { replace: true }),
  }
}

/** What of a filter the API takes, by its own rules: what an address says wrongly does not narrow. */
export const acceptedBy = <
  S extends Readonly<Record<string, z.ZodType>>,
  N extends string & keyof S,
>(
  shape: S,
  names: readonly N[],
  wanted: Partial<Record<N, string>>,
) =>
  Object.fromEntries(
    names.flatMap(name => {
      const value = wanted[name]?.trim()
      return value !== undefined && shape[name]?.safeParse(value).success ? [[name, value]] : []
    }),
  ) as { [K in N]?: z.input<S[K]> }

export interface FilterOption {
  value: string
  label: string
}

/** One of some values, with its label within. */
export const FilterChoice = ({
  label,
  value = '',
  options,
  onChoose,
}: {
  label: string
  value: string | undefined
  options: readonly FilterOption[]
  onChoose: (value: string) => void
}) => (
  <Select
    inlineLabelText={label}
    // What an address names and nobody knows is shown as it stands there.
    selectedOption={options.find(option => option.value === value) ?? { value, label: value }}
    options={options}
    filteringType={options.length > 12 ? 'auto' : 'none'}
    onChange={({ detail }) => onChoose(detail.selectedOption.value ?? '')}
  />
)

/** One of all pools. */
export const FilterPool = ({
  label,
  any,
  value,
  onChoose,
}: {
  label: string
  any: string
  value: string | undefined
  onChoose: (poolUuid: string) => void
}) => {
  const { data } = useCall('listPools', { query: { limit: 1_000 } }, { every: LIVE.slow })
  const pools = (data?.items ?? []).map(({ uuid, name }) => ({ value: uuid, label: name || uuid }))
  return (
    <FilterChoice {...{ label, value, onChoose }} options={[{ value: '', label: any }, ...pools]} />
  )
}

/** A search begins when nobody has typed for so long, in ms. */
const PAUSE_MS = 300

/** A text that is searched for when somebody pauses, or presses Enter. */
export const FilterSearch = ({
  label,
  text = '',
  onSearch,
}: {
  label: string
  text: string | undefined
  onSearch: (text: string) => void
}) => {
  const [typed, setTyped] = useState(text)
  const sent = useRef(text)
  // Cleared, or gone back to, from elsewhere; not what was typed a moment ago and comes back.
  useEffect(() => {
    if (text === sent.current) return
    sent.current = text
    setTyped(text)
  }, [text])
  const search = () => {
    if (typed === sent.current) return
    sent.current = typed
    onSearch(typed)
  }
  useEffect(() => {
    const timer = setTimeout(search, PAUSE_MS)
    return () => clearTimeout(timer)
  })
  return (
    <Input
      type="search"
      value={typed}
      placeholder={label}
      ariaLabel={label}
      onChange={({ detail }) => setTyped(detail.value)}
      onKeyDown={({ detail }) => {
        if (detail.key === 'Enter') search()
      }}
    />
  )
}
