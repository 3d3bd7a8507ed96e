import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs, {
  type KeyValuePairsProps,
} from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { GatewayAbout } from '#core/contracts/gateway-about.ts'
import type { GatewayDetail } from '#core/contracts/gateways-api.ts'
import { Ago, Time } from '../../components/time.tsx'
import { gateways } from '../../text/gateways.ts'
import { Health, Key } from './columns.tsx'

const words = gateways.page

export const GatewayFacts = ({ gateway }: { gateway: GatewayDetail }) => (
  <Container header={<Header variant="h2">{words.facts}</Header>}>
    <KeyValuePairs columns={3} minColumnWidth={220} items={factsOf(gateway)} />
  </Container>
)

const factsOf = (gateway: GatewayDetail): KeyValuePairsProps.Item[] => {
  const { about, lastSeen, enrolled, clock, revokedAt } = gateway
  return [
    ...(revokedAt === undefined
      ? [{ label: gateways.health, value: <Health gateway={gateway} /> }]
      : []),
    {
      label: gateways.version,
      value: `${about?.version ?? gateways.versionNotTold} (${words.controlPlane(gateway.controlPlaneVersion)})`,
    },
    {
      label: gateways.lastSeen,
      value: lastSeen === undefined ? gateways.neverSeen : <Ago at={lastSeen} />,
    },
    ...(about ? ofAbout(about) : []),
    ...(clock ? [{ label: words.clock, value: clock.text }] : []),
    { label: gateways.work, value: workOf(gateway) },
    { label: gateways.keySince, value: <Key gateway={gateway} /> },
    { label: gateways.enrolled, value: <Time at={enrolled} /> },
    { label: words.id, value: gateway.gatewayId },
  ]
}

const ofAbout = (about: GatewayAbout): KeyValuePairsProps.Item[] => {
  const { machine, platform, node, hookScripts, bootScripts, files } = about
  return [
    { label: words.machine, value: words.machineOf(machine, platform, node) },
    { label: words.hookScripts, value: <Scripts scripts={hookScripts} /> },
    { label: words.bootScripts, value: <Scripts scripts={bootScripts} /> },
    ...(files
      ? [{ label: words.files, value: files.can ? words.filesYes : (files.because ?? '') }]
      : []),
  ]
}

const Scripts = ({ scripts }: { scripts: GatewayAbout['hookScripts'] }) => {
  if (scripts.length === 0) return words.noScripts
  return scripts.map(({ name, missing }) => (
    <div key={name}>
      {missing ? <StatusIndicator type="error">{words.missing(name)}</StatusIndicator> : name}
    </div>
  ))
}

const workOf = ({ maintenance, repositoryKeeper, gatewayId }: GatewayDetail): string => {
  if (!maintenance) return gateways.doesNot
  if (!repositoryKeeper) return words.repositoryMay
  return repositoryKeeper.gatewayId === gatewayId
    ? words.repositoryDoes
    : words.repositoryOther(repositoryKeeper.name)
}
