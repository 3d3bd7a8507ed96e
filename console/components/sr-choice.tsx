import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import type { PoolView } from '#core/contracts/pools-api.ts'
import { restore } from '../text/restore.ts'
import { sizeText } from './size.ts'

/** A storage repository of a pool, or what no choice means. */
export const SrChoice = ({
  label,
  hint,
  none,
  pool,
  value,
  onChange,
}: {
  label: string
  hint?: string
  none: string
  pool: PoolView | undefined
  value: string | undefined
  onChange: (srUuid: string | undefined) => void
}) => {
  const unset = { value: '', label: none }
  const srs = (pool?.srs ?? []).map(({ uuid, name, type, size, used }) => ({
    value: uuid,
    label: name || uuid,
    description: restore.target.free(type, sizeText(Math.max(0, size - used)), sizeText(size)),
  }))
  return (
    <FormField label={label} {...(hint !== undefined && { description: hint })}>
      <Select
        options={[unset, ...srs]}
        selectedOption={
          srs.find(sr => sr.value === value) ??
          (value === undefined ? unset : { value, label: value })
        }
        onChange={({ detail }) => onChange(detail.selectedOption.value || undefined)}
      />
    </FormField>
  )
}
