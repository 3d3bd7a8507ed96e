import Autosuggest from '@cloudscape-design/components/autosuggest'
import FormField from '@cloudscape-design/components/form-field'
import { useState } from 'react'
import { useCall } from '../api/use-call.ts'
import { choosingVm as words } from '../text/shell.ts'

const SHOWN = 20
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * A VM by its name, of any number; one that does not exist any more by its UUID.
 * @param uuid what is chosen already
 * @param onChoose hears the UUID, and '' while what is typed is none; and the name, where it is known
 */
export const VmChoice = ({
  label,
  hint,
  uuid: begin = '',
  optional = false,
  onChoose,
}: {
  label: string
  hint: string
  uuid?: string
  /** Nothing may be chosen, too. */
  optional?: boolean
  onChoose: (vmUuid: string, name?: string) => void
}) => {
  const [typed, setTyped] = useState(begin)
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
    if (UUID.test(chosen)) onChoose(chosen, vms.find(({ uuid }) => uuid === chosen)?.name)
    else onChoose('')
  }
  const chosen = vms.find(({ uuid }) => uuid === search.toLowerCase())
  return (
    <FormField label={label} constraintText={chosen ? words.isNamed(chosen.name) : hint}>
      <Autosuggest
        value={typed}
        ariaRequired={!optional}
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
