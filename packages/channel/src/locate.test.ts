import { formatProblem, type Path, type Problem } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { toCel } from './cel-values.ts';
import { renderDocument } from './render-template.ts';
import { readDocuments } from './yaml-documents.ts';

const bindings = { zones: toCel([{ suffix: 'Az1' }, { suffix: 'Az2' }]), sure: toCel(true), list: toCel(['a', 'b']) };

/** The lines are numbered, so that a case can be read. */
const text = `Resources: # 1
  Vpc: {Type: AWS::EC2::VPC} # 2
  Gone:
    includeWhen: "!sure"
    template: {Type: none} # 5
  Subnet:
    forEach: [{zone: zones}]
    keySuffix: zone.suffix
    template: # 9
      Type: AWS::EC2::Subnet
      Tags:
        - {Key: Name, Value: "net-\${{zone.suffix}}"} # 12
        - forEach: [{x: list}, {y: list}]
          includeWhen: x != y
          template: {Key: "\${{x + y}}"} # 15
        - {Key: Last} # 16
  Role:
    Arn: !GetAtt Vpc.Arn # 18
    Other: !Sub ["\${A}", {A: !Ref Vpc}] # 19
    Whole: \${{list}} # 20
Base: &base {Kept: {Deep: 1}, Own: 1} # 21
Used: *base # 22
Merged: {<<: *base, Own: 2} # 23
`;

function placesIn(given: string, dialect: 'own' | 'manifest' = 'manifest') {
  const problems: Problem[] = [];
  const [document] = readDocuments(
    { file: 'f.yaml', text: given },
    { dialect, expressions: true, shortTags: true },
    problems,
  );
  expect(problems.map(formatProblem)).toEqual([]);
  if (document === undefined) throw new Error('no document');
  const rendered = renderDocument(document, bindings);
  if ('problem' in rendered) throw new Error(formatProblem(rendered.problem));
  return rendered.values;
}

describe('a part of a rendered value', () => {
  const [one] = placesIn(text);

  it.each<[Path, value: string, key: string]>([
    [['Resources', 'Vpc'], '2:8', '2:3'],
    [['Resources', 'Vpc', 'Type'], '2:15', '2:9'],
    [['Resources', 'SubnetAz1'], '10:7', '6:3'],
    [['Resources', 'SubnetAz2', 'Tags', 0, 'Value'], '12:30', '12:23'],
    [['Resources', 'SubnetAz2', 'Tags', 1, 'Key'], '15:31', '15:22'],
    [['Resources', 'SubnetAz2', 'Tags', 2, 'Key'], '15:31', '15:22'],
    [['Resources', 'SubnetAz2', 'Tags', 3, 'Key'], '16:17', '16:12'],
    [['Resources', 'Role', 'Arn', 'Fn::GetAtt', 0], '18:18', '18:18'],
    [['Resources', 'Role', 'Other', 'Fn::Sub', 1, 'A', 'Ref'], '19:35', '19:35'],
    [['Resources', 'Role', 'Whole', 1], '20:15', '20:15'],
    [['Used', 'Kept', 'Deep'], '21:27', '21:21'],
    [['Merged', 'Kept', 'Deep'], '21:27', '21:21'],
    [['Merged', 'Own'], '23:26', '23:21'],
  ])('%j stands at %s, its key at %s', (path, value, key) => {
    const places = one?.places;
    const shown = (at: { readonly line: number; readonly column: number } | undefined) => `${at?.line}:${at?.column}`;
    expect([shown(places?.value(path)), shown(places?.key(path))]).toEqual([value, key]);
  });

  it.each<[Path, string]>([
    [['Resources', 'Gone'], '2:3'],
    [['Resources', 'Vpc', 'Properties', 'X'], '2:8'],
    [['Nowhere'], '1:1'],
    [['Resources', 'SubnetAz1', 'Tags', 9], '12:9'],
  ])('%j, which is not there, has the place of what would hold it', (path, place) => {
    const at = one?.places.key(path);
    expect(`${at?.line}:${at?.column}`).toBe(place);
  });

  it('has the place of its own turn where a document is repeated', () => {
    const turns = placesIn('forEach: [{x: list}]\ntemplate:\n  - name: "${{x}}"\n', 'own');
    expect(turns.map(({ places }) => places.value([0, 'name']))).toEqual([
      { line: 3, column: 15 },
      { line: 3, column: 15 },
    ]);
  });
});
