import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Autosuggest from '@cloudscape-design/components/autosuggest'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import type { PoolView } from '#core/contracts/pools-api.ts'
import { defineReplica as words } from '../../text/replication.ts'
import { tokens } from '../../text/shell.ts'
import type { Definition } from './definition.ts'

type Row = Definition['networks'][number]

/** Which network of the standby's pool stands for which of the machine's. */
export const NetworkMap = ({
  rows,
  origin,
  target,
  problems,
  onChange,
}: {
  rows: readonly Row[]
  /** Known networks of the machine's pool are offered; any other may be named. */
  origin: PoolView | undefined
  target: PoolView | undefined
  problems: Readonly<Record<string, string>>
  onChange: (rows: readonly Row[]) => void
}) => {
  const set = (index: number, members: Partial<Row>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...members } : row)))
  const targets = (target?.networks ?? []).map(({ uuid, name }) => ({
    ...{ value: uuid, label: name || uuid, description: uuid },
  }))
  return (
    <FormField label={words.networks} description={words.networksHint} stretch>
      <AttributeEditor<Row>
        items={rows}
        addButtonText={words.addNetwork}
        removeButtonText={words.removeNetwork}
        empty={words.noNetworks}
        onAddButtonClick={() => onChange([...rows, { from: '', to: undefined }])}
        onRemoveButtonClick={({ detail }) =>
          onChange(rows.filter((_, at) => at !== detail.itemIndex))
        }
        definition={[
          {
            label: words.from,
            control: ({ from }, index) => (
              <Autosuggest
                value={from}
                placeholder={words.fromHint}
                options={(origin?.networks ?? []).map(({ uuid, name }) => ({
                  ...{ value: name || uuid, description: uuid },
                }))}
                enteredTextLabel={tokens.use}
                onChange={({ detail }) => set(index, { from: detail.value })}
              />
            ),
            errorText: ({ from }, index) => from !== '' && problems[`from ${index}`],
          },
          {
            label: words.to,
            control: ({ to }, index) => (
              <Select
                options={targets}
                selectedOption={
                  targets.find(({ value }) => value === to) ??
                  (to === undefined ? null : { value: to, label: to })
                }
                placeholder={words.chooseNetwork}
                onChange={({ detail }) => set(index, { to: detail.selectedOption.value })}
              />
            ),
          },
        ]}
      />
    </FormField>
  )
}
