import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import { restore } from '../../text/restore.ts'
import type { Draft, StepProps } from './draft.ts'

const words = restore.options
type Row = Draft['networks'][number]

/** Networks of single interfaces; the others find theirs by name. */
export const NetworkFields = ({
  draft: { networks: rows },
  change,
  problem,
  networks,
}: StepProps & { networks: readonly { uuid: string; name: string }[] }) => {
  const options = [
    { value: 'none', label: words.noNetwork },
    ...networks.map(({ uuid, name }) => ({ value: uuid, label: name || uuid })),
  ]
  const set = (index: number, members: Partial<Row>) =>
    change({ networks: rows.map((row, at) => (at === index ? { ...row, ...members } : row)) })
  return (
    <FormField label={words.networks} description={words.networksHint} stretch>
      <AttributeEditor<Row>
        items={rows}
        addButtonText={words.addNetwork}
        removeButtonText={words.removeNetwork}
        empty={words.noNetworks}
        onAddButtonClick={() =>
          change({ networks: [...rows, { device: String(rows.length), network: undefined }] })
        }
        onRemoveButtonClick={({ detail }) =>
          change({ networks: rows.filter((_, at) => at !== detail.itemIndex) })
        }
        definition={[
          {
            label: words.device,
            control: ({ device }, index) => (
              <Input
                value={device}
                inputMode="numeric"
                onChange={({ detail }) => set(index, { device: detail.value.trim() })}
              />
            ),
            errorText: (_, index) => problem(`device ${index}`),
          },
          {
            label: words.network,
            control: ({ network }, index) => (
              <Select
                options={options}
                selectedOption={options.find(({ value }) => value === network) ?? null}
                placeholder={words.networkNeeded}
                onChange={({ detail }) => set(index, { network: detail.selectedOption.value })}
              />
            ),
            errorText: (_, index) => problem(`network ${index}`),
          },
        ]}
      />
    </FormField>
  )
}
