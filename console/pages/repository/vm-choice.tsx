import Autosuggest from '@cloudscape-design/components/autosuggest'
import FormField from '@cloudscape-design/components/form-field'
import { useState } from 'react'
import { useCall } from '../../api/use-call.ts'
import { repository } from '../../text/repository.ts'

const words = repository.holds.placing

const SHOWN = 20
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * A VM by its name, of any number; one that does not exist any more by its UUID.
 * @param onChoose hears the UUID, and '' while what is typed is none
 */
export const VmChoice = ({ onChoose }: { onChoose: (vmUuid: string) => void }) => {
  const [typed, setTyped] = useState('')
  const search = typed.trim()
  const { data, isFetching } = useCall(
    'listVms',
    { query: { limit: SHOWN, ...(search !== '' && { search }) } },
    { every: false },
  )
  const vms = data?.items ?? []
  const choose = (text: string) => {
    setTyped(text)
    const chosen = text.trim().toLowerCase()
    onChoose(UUID.test(chosen) ? chosen : '')
  }
  return (
    <FormField label={words.vm} constraintText={words.vmHint}>
      <Autosuggest
        value={typed}
        ariaRequired
        filteringType="manual"
        options={vms.map(({ uuid, name, poolName }) => ({
          value: uuid,
          label: name,
          description: `${poolName} · ${uuid}`,
        }))}
        enteredTextLabel={String}
        statusType={isFetching ? 'loading' : 'finished'}
        loadingText={words.searching}
        empty={words.none}
        onChange={({ detail }) => choose(detail.value)}
        onSelect={({ detail }) => choose(detail.value)}
      />
    </FormField>
  )
}
