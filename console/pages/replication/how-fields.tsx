import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { NumberField } from '../../components/number-field.tsx'
import { defineReplica as words } from '../../text/replication.ts'
import { UNITS } from './definition.ts'
import type { FieldsProps } from './where-fields.tsx'

const OPTIONS = UNITS.map(unit => ({ value: String(unit), label: words.units[unit] ?? '' }))

/** How often, how many states, and how it is proven. */
export const HowFields = ({ said, change, problems }: FieldsProps) => (
  <SpaceBetween size="l">
    <FormField label={words.every} errorText={problems.every}>
      <SpaceBetween direction="horizontal" size="xs">
        <Input
          type="number"
          inputMode="numeric"
          ariaLabel={words.every}
          value={said.every === undefined ? '' : String(said.every)}
          onChange={({ detail }) =>
            change({ every: detail.value === '' ? undefined : Number(detail.value) })
          }
        />
        <Select
          ariaLabel={words.unit}
          options={OPTIONS}
          selectedOption={OPTIONS.find(({ value }) => value === String(said.unit)) ?? null}
          onChange={({ detail }) => change({ unit: Number(detail.selectedOption.value) })}
        />
      </SpaceBetween>
    </FormField>
    <NumberField
      label={words.keep}
      description={words.keepHint}
      errorText={problems.keep}
      value={said.keep}
      onChange={keep => change({ keep })}
    />
    <NumberField
      label={words.proveEvery}
      description={words.proveHint}
      errorText={problems.proveEvery}
      value={said.proveEvery}
      onChange={proveEvery => change({ proveEvery })}
    />
  </SpaceBetween>
)
