// Renders the pictures of one result: node render.mjs RESULT.json FOLDER. Prints the files it wrote, one a line.
// Every picture comes twice: NAME.svg for pages and screens of ordinary width, NAME-narrow.svg for a phone, where the first would shrink to half its size.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as echarts from 'echarts';
import { heading, theme } from './theme.mjs';
import { ratios } from './charts/ratios.mjs';
import { latencies } from './charts/latencies.mjs';
import { curves } from './charts/curves.mjs';
import { files } from './charts/files.mjs';
import { sizes } from './charts/sizes.mjs';

const [, , resultPath, folder] = process.argv;
const result = JSON.parse(readFileSync(resultPath, 'utf8'));
mkdirSync(folder, { recursive: true });

for (const [width, suffix] of [[720, ''], [360, '-narrow']]) {
  const narrow = width < 500;
  // Every chart maker gives a list of { name, title, says, height, option }; one that finds nothing to show gives an empty list.
  for (const chart of [ratios, latencies, curves, files, sizes].flatMap(make => make(result, narrow))) {
    const { title, top, height } = heading(chart, width);
    const view = echarts.init(null, theme, { renderer: 'svg', ssr: true, width, height });
    view.setOption({ animation: false, backgroundColor: '#fff', ...chart.option, title, grid: { ...chart.option.grid, top } });
    const name = `${result.kind}-${chart.name}${suffix}`;
    // A viewBox lets the picture shrink with the page; ECharts gives fixed sizes, and names that are the same in every picture of a page.
    const svg = view.renderToSVGString()
      .replace(/<svg width="(\d+)" height="(\d+)"/, `<svg class="${narrow ? 'narrow' : 'broad'}" role="img" width="100%" viewBox="0 0 $1 $2"`)
      .replace(/(<svg[^>]*?) viewBox="[^"]*"([^>]*viewBox)/, '$1$2')
      .replace(/\bzr\d+-/g, `${name}-${result.taken.replace(/\D/g, '').slice(0, 14)}-`)
      .replace(/>/, `><title>${escape(chart.title)}</title>`);
    view.dispose();
    const path = join(folder, `${name}.svg`);
    writeFileSync(path, svg);
    console.log(path);
  }
}

function escape(text) {
  return text.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
}
