// A typed operation: what does not fit the schema does not compile.
import type { PairingsQuery, PairingsQueryVariables } from './generated.js';

export const variables: PairingsQueryVariables = { code: '442000', day: '2020-01-01' };

export function figures(answer: PairingsQuery): string[] {
  const edges = answer.region?.pairings?.edges ?? [];
  return edges.flatMap(({ role, node }) =>
    (node.observations?.nodes ?? []).map(({ value, qualifier, indicator }) => {
      const figure: string = value ?? 'unknown';
      return `${role ?? ''} ${node.name}: ${indicator.name} ${qualifier ?? ''} ${figure} ${indicator.unit}`;
    }),
  );
}

// A value is a string, never a number: no figure is rounded on the way.
type Value = NonNullable<ReturnType<typeof values>[number]>;
const values = (answer: PairingsQuery) =>
  (answer.region?.pairings?.edges ?? []).flatMap(({ node }) => node.observations?.nodes.map(({ value }) => value) ?? []);
// @ts-expect-error
export const wrong: Value = 131;
