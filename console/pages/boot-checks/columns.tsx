import type { TableProps } from '@cloudscape-design/components/table'
import type { VmBootCheck } from '#core/contracts/boot-checks-api.ts'
import { PROOFS } from '../../components/boot-check/proofs.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
import { Ago } from '../../components/time.tsx'
import { bootChecks as words } from '../../text/boot-checks.ts'

export const nameOf = ({ vmName, vmUuid }: Pick<VmBootCheck, 'vmName' | 'vmUuid'>): string =>
  vmName.trim() === '' ? vmUuid : vmName

const Checked = ({ vm: { check, ...vm } }: { vm: VmBootCheck }) => {
  if (!check) return words.neverChecked
  return (
    <>
      <Ago at={check.result.at} />
      <div>
        {check.gone ? (
          words.pointGone
        ) : (
          <PageLink to={`/boot-checks/${check.pointId}`} label={words.showOf(nameOf(vm))}>
            {words.show}
          </PageLink>
        )}
      </div>
    </>
  )
}

export const COLUMNS: TableProps.ColumnDefinition<VmBootCheck>[] = [
  {
    ...{ id: 'vm', header: words.vm, isRowHeader: true, minWidth: 120 },
    cell: vm => <PageLink to={`/vms/${vm.vmUuid}`}>{nameOf(vm)}</PageLink>,
  },
  {
    ...{ id: 'proof', header: words.proof, minWidth: 130 },
    cell: ({ proof }) => <Sign type={PROOFS[proof]}>{words.proofs[proof]}</Sign>,
  },
  { ...{ id: 'checked', header: words.checked, minWidth: 115 }, cell: vm => <Checked vm={vm} /> },
  { ...{ id: 'line', header: words.line, minWidth: 230 }, cell: ({ line }) => line },
  {
    ...{ id: 'newest', header: words.newest, minWidth: 100 },
    cell: ({ newest }) => <Ago at={newest.taken} />,
  },
  {
    id: 'pool',
    header: words.pool,
    cell: ({ poolName, poolUuid }) => poolName || (poolUuid ?? '–'),
  },
]
