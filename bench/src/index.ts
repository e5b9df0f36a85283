export { type ApplyOptions, type ApplyReport, benchApply } from './apply-bench.ts';
export { benchDemo, type DemoReport } from './demo-bench.ts';
export { type Environment, readEnvironment } from './environment.ts';
export { benchRender, type RenderOptions, type RenderReport } from './render-bench.ts';
