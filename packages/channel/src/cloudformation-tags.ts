const functions = (
  'And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap GetAtt GetAZs If ImportValue Join Length Not Or ' +
  'RefAll Select Split Sub ToJsonString Transform ValueOf ValueOfAll'
).split(' ');

/** The long form of one of CloudFormation's short tags: `Ref` of `!Ref`, `Fn::Sub` of `!Sub`. Undefined for other tags. */
export function longForm(tag: string): string | undefined {
  const name = tag.slice(1);
  if (name === 'Ref' || name === 'Condition') return name;
  return functions.includes(name) ? `Fn::${name}` : undefined;
}
